import { beforeEach, describe, expect, it } from "vitest";
import { decodeMessage } from "../src/wakeups/message.ts";
import { refusal, Surface } from "./surface.ts";

let surface: Surface;

beforeEach(async () => {
  surface = await Surface.open();
});

const setLane = (settings: unknown, lane = "a") =>
  surface.value("SELECT anyqueue.set_lane($1, $2)", [lane, settings === undefined ? null : JSON.stringify(settings)]);

describe("set_lane", () => {
  it("P19 sets what TypeScript sets", async () => {
    const queue = await surface.queue();
    const settings = {
      paused: true,
      capacity: 1000,
      concurrency: 5,
      rate: { limit: 100, per: "1 min", burst: 10 },
      order: "fifo",
      key_concurrency: 2,
      keep: { completed: "1 day", failed: 5000, cancelled: false, count: 7 },
      history: "all",
    };
    const stored = await setLane(settings);
    await queue.lane("b").configure({
      paused: true,
      capacity: 1000,
      concurrency: 5,
      rate: { limit: 100, per: "1m", burst: 10 },
      order: "fifo",
      keyConcurrency: 2,
      keep: { completed: "1d", failed: 5000, cancelled: false, count: 7 },
      history: "all",
    });
    const [a, b] = await queue.lanes();
    expect(a?.settings).toEqual(b?.settings);
    expect(stored).toEqual(a?.settings);
    expect(await surface.value("SELECT settings FROM anyqueue.lanes WHERE lane = 'a'")).toEqual(stored);
    expect(await setLane(stored, "c")).toEqual(stored);
  });

  it("leaves what is not named, and resets what is null", async () => {
    await setLane({ paused: true, capacity: 3 });
    expect(await setLane({ paused: null, rate: { limit: 1, per: 1000 } })).toEqual({
      capacity: 3,
      rate: { limit: 1, periodMs: 1000 },
    });
    expect(await setLane({ key_concurrency: null, capacity: null, rate: null, keep: null })).toEqual({});
  });

  it("counts for claim and wakes workers with its commit", async () => {
    const heard: unknown[] = [];
    await surface.rows(`LISTEN ${surface.schema}`);
    surface.client.on("notification", ({ payload = "" }) => heard.push(decodeMessage(payload).lanes));
    await surface.rows("SELECT anyqueue.enqueue('t', lane => 'a', notify => false) FROM generate_series(1, 5)");
    await setLane({ concurrency: 2 });
    const claim = async () => (await surface.rows("SELECT id, token FROM anyqueue.claim('{a}', n => 9)")).length;
    expect(await claim()).toBe(2);
    expect(await claim()).toBe(0);
    await setLane({ concurrency: 3, paused: true });
    expect(await claim()).toBe(0);
    await surface.rows(`SELECT anyqueue.set_lane('a', '{"paused": false}', notify => false)`);
    expect(await claim()).toBe(1);
    await setLane({ concurrency: null, rate: { limit: 1, per: "1 h" } });
    expect([await claim(), await claim()]).toEqual([1, 0]);
    expect(heard).toEqual([["a"], ["a"], ["a"]]);
  });

  it("wakes workers when a slot of a limited lane is free again", async () => {
    await surface.rows("SELECT anyqueue.enqueue('t', lane => 'a') FROM generate_series(1, 2)");
    await setLane({ concurrency: 1 });
    const heard: unknown[] = [];
    await surface.rows(`LISTEN ${surface.schema}`);
    surface.client.on("notification", ({ payload = "" }) => heard.push(decodeMessage(payload)));
    await surface.rows("SELECT c.* FROM anyqueue.claim('{a}') j, LATERAL anyqueue.complete(j.id, j.token) c");
    expect(heard).toMatchObject([{ lanes: ["a"], finished: ["a"] }]);
  });

  it("refuses what is not valid, and tells what to do instead", async () => {
    const cases: readonly (readonly [settings: unknown, message: RegExp])[] = [
      [undefined, /"settings" is not an object/],
      [[], /"settings" is not an object/],
      [{ limit: 3 }, /there is no setting "limit"/],
      [{ paused: "yes" }, /"paused" cannot be "yes"/],
      [{ capacity: 0 }, /"capacity" cannot be 0/],
      [{ capacity: 1.5 }, /"capacity" cannot be 1.5/],
      [{ concurrency: "3" }, /"concurrency" cannot be "3"/],
      [{ concurrency: 10_001 }, /"concurrency" cannot be 10001/],
      [{ key_concurrency: 0 }, /"key_concurrency" cannot be 0/],
      [{ order: "lifo" }, /"order" cannot be "lifo"/],
      [{ history: "none" }, /"history" cannot be "none"/],
      [{ keep: { count: -1 } }, /"keep.count" cannot be -1/],
      [{ keep: { completed: "soon" } }, /"keep.completed" cannot be "soon"/],
      [{ keep: { ended: 3 } }, /"keep" has no "ended"/],
      [{ rate: 3 }, /"rate" is not an object/],
      [{ rate: { limit: 3 } }, /"rate" has no "per"/],
      [{ rate: { per: "1 s" } }, /"rate" has no "limit"/],
      [{ rate: { limit: 3, per: "0 s" } }, /"rate.per" cannot be 0/],
      [{ rate: { limit: 0, per: "1 s" } }, /"rate.limit" cannot be 0/],
      [{ rate: { limit: 1, per: "1 s", burst: 0 } }, /"rate.burst" cannot be 0/],
      [{ rate: { limit: 1, every: "1 s" } }, /"rate" has no "every"/],
    ];
    for (const [settings, message] of cases) {
      await expect(setLane(settings)).rejects.toMatchObject(refusal(message));
    }
    for (const lane of ["$own", "a b", ""]) {
      await expect(setLane({}, lane)).rejects.toMatchObject(refusal(/"lane" cannot be/));
    }
    await expect(surface.rows("SELECT anyqueue.set_lane(NULL, '{}')")).rejects.toMatchObject(
      refusal(/"lane" is missing/),
    );
    expect(await surface.rows("SELECT * FROM anyqueue.lanes")).toEqual([]);
  });
});
