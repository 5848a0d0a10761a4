import { beforeEach, describe, expect, it } from "vitest";
import { decodeMessage } from "../src/wakeups/message.ts";
import { refusal, Surface } from "./surface.ts";

let surface: Surface;

beforeEach(async () => {
  surface = await Surface.open();
});

describe("enqueue_bulk", () => {
  const bulk = (jobs: unknown, ...more: unknown[]) =>
    surface.rows(`SELECT * FROM anyqueue.enqueue_bulk($1${more.map((_, i) => `, $${i + 2}`).join("")})`, [
      JSON.stringify(jobs),
      ...more,
    ]);

  it("tells of each job what became of it, in their order", async () => {
    await surface.rows("SELECT anyqueue.enqueue('t', id => 'a:1')");
    expect(
      await bulk([
        { type: "t", id: "a:2" },
        { type: "t", lane: "a", id: "1" },
        { type: "t", id: "a:2" },
      ]),
    ).toEqual([
      { place: 1, status: "added", id: "a:2" },
      { place: 2, status: "existing", id: "a:1" },
      { place: 3, status: "existing", id: "a:2" },
    ]);
    expect(await bulk([])).toEqual([]);
    expect(await surface.rows("SELECT * FROM anyqueue.enqueue_bulk((SELECT jsonb_agg(1) WHERE false))")).toEqual([]);
  });

  it("P4 adds all or none when asked to", async () => {
    await surface.rows("SELECT anyqueue.enqueue('t', id => 'a:1')");
    expect(
      await bulk(
        [
          { type: "t", id: "a:0" },
          { type: "t", id: "a:1" },
        ],
        true,
      ),
    ).toEqual([
      { place: 1, status: "skipped", id: "a:0" },
      { place: 2, status: "existing", id: "a:1" },
    ]);
    expect(await surface.value("SELECT count(*) FROM anyqueue.jobs")).toBe(1);
    expect(await bulk([{ type: "t", id: "a:0" }], true)).toEqual([{ place: 1, status: "added", id: "a:0" }]);
  });

  it("S99 gives a job the same defaults as enqueue, and takes the same options", async () => {
    const all = { lane: "a", priority: 3, delay: "5 min", max_attempts: 2, timeout: "1 s", group: "g", state: "new" };
    const rest = { backoff: { type: "fixed", delay: 5 }, progress: { x: null }, payload: [1] };
    await bulk([{ type: "t" }, { type: "t", ...all, ...rest }, { type: "t", lane: null, delay: null, payload: null }]);
    await surface.rows(
      `SELECT anyqueue.enqueue('t'), anyqueue.enqueue('t', '[1]', lane => 'a', priority => 3, delay => '5 min', max_attempts => 2,
         timeout => '1 s', "group" => 'g', state => 'new', backoff => '{"type": "fixed", "delay": 5}', progress => '{"x": null}')`,
    );
    const [plain, full, nulls, first, second] = await surface.rows(
      `SELECT type, payload, lane, state, priority, run_at - inserted_at AS delay, max_attempts, timeout, backoff, progress,
         "group" FROM anyqueue.jobs ORDER BY seq`,
    );
    expect([plain, nulls]).toEqual([first, first]);
    expect(full).toEqual(second);
  });

  it("refuses the whole call for one wrong job, and tells which and what to do instead", async () => {
    const cases: readonly (readonly [jobs: unknown, message: RegExp])[] = [
      [{ type: "t" }, /"jobs" is not a list/],
      [[{ type: "t" }, 7], /job 2: it is not an object/],
      [[{ type: "t" }, { payload: 1 }], /job 2: "type" is missing/],
      [[{ type: "t", runAt: "2030-01-01" }], /job 1: there is no option "runAt"/],
      [[{ type: 7 }], /job 1: "type" cannot be 7/],
      [[{ type: "t", priority: "high" }], /"priority" cannot be "high"/],
      [[{ type: "t", priority: 1.5 }], /"priority" cannot be 1.5/],
      [[{ type: "t", delay: 300 }], /"delay" cannot be 300/],
      [[{ type: "t", delay: "soon" }], /"delay" cannot be "soon"/],
      [[{ type: "t", run_at: "then" }], /"run_at" cannot be "then"/],
      [[{ type: "t", lane: "$system" }], /"lane" cannot be "\$system"/],
      [Array.from({ length: 10_001 }, () => ({ type: "t" })), /more than 10000 jobs/],
    ];
    for (const [jobs, message] of cases) {
      await expect(bulk(jobs)).rejects.toMatchObject(refusal(message));
    }
    expect(await surface.value("SELECT count(*) FROM anyqueue.jobs")).toBe(0);
  });

  it("adds thousands in a call, in their order, and wakes once however many lanes there are", async () => {
    const heard: string[] = [];
    surface.client.on("notification", ({ payload = "" }) => heard.push(payload));
    await surface.rows(`LISTEN ${surface.schema}`);
    await bulk(Array.from({ length: 2500 }, (_, i) => ({ type: "t", payload: i, lane: `lane-${i % 1500}` })));
    expect(await surface.column("SELECT payload FROM anyqueue.jobs ORDER BY seq")).toEqual(
      Array.from({ length: 2500 }, (_, i) => i),
    );
    expect(heard.map(decodeMessage)).toEqual([expect.objectContaining({ resync: true })]);
  });
});
