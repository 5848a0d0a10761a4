import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type Adapter, type Job, openQueue, scheduledFor } from "@anyqueue/api";
import { gate } from "../support/queues.ts";
import { HOUR, job, MINUTE, openShared, type Shared, START } from "./clocked.ts";

const hourly = { every: "1h" } as const;
/** The first tick of `hourly`. */
const FIRST = 30 * MINUTE;
const SECOND = FIRST + HOUR;

/** A new process, which looks once. */
async function look(shared: Shared, verbs?: Partial<Adapter>): Promise<void> {
  const scheduler = await shared.scheduler(verbs);
  await scheduler.look();
  expect(scheduler.errors).toEqual([]);
}

describe("a tick", () => {
  it("adds one job, when it is due by the store's clock, and moves the schedule on to the next", async () => {
    const shared = await openShared();
    await shared.queue.schedule("tidy", hourly, "tidy.up", { deep: true }, { job: { lane: "night", maxAttempts: 7 } });
    shared.at(FIRST - 1);
    await look(shared);
    expect(await shared.added()).toEqual([]);

    shared.at(FIRST + 5);
    await look(shared);
    await look(shared);
    const [added, ...others] = (await shared.queue.list({})).items;
    expect(others).toEqual([]);
    expect(added).toMatchObject({
      id: "night:tidy@2026-11-22T13:00:00.000Z",
      type: "tidy.up",
      payload: { deep: true },
      lane: "night",
      state: "waiting",
      maxAttempts: 7,
      runAt: START + FIRST,
    });
    expect(scheduledFor(added as Job)).toBe(START + FIRST);
    expect(await shared.queue.schedules()).toMatchObject([
      { next: START + SECOND, last: { at: START + FIRST, job: added?.id } },
    ]);
  });

  it("has one job, however many processes look at once", async () => {
    const shared = await openShared();
    await shared.queue.schedule("a", hourly, "tidy.up", null);
    await shared.queue.schedule("b", { every: "30m" }, "tidy.up", null);
    shared.at(FIRST);
    await Promise.all(Array.from({ length: 5 }, () => look(shared)));
    expect((await shared.added()).toSorted()).toEqual([job("a", FIRST), job("b", FIRST)]);
  });

  it("that a process died over is made by another one when the lease has ended, and the next is where it was", async () => {
    const shared = await openShared();
    await shared.queue.schedule("tidy", hourly, "tidy.up", null, { missed: "skip" });
    shared.at(FIRST);
    const dead = await shared.scheduler({ cas: () => new Promise(() => undefined) });
    void dead.look();
    await new Promise((resolve) => setImmediate(resolve));
    shared.at(FIRST + 4_999);
    await look(shared);
    expect(await shared.added()).toEqual([]);

    shared.at(FIRST + 5_000);
    await look(shared);
    expect(await shared.added()).toEqual([job("tidy", FIRST)]);
    expect(await shared.queue.schedules()).toMatchObject([{ next: START + SECOND }]);
  });

  it("is not made again by a process that stood still over it for longer than its lease", async () => {
    const shared = await openShared();
    await shared.queue.schedule("tidy", hourly, "tidy.up", null);
    shared.at(FIRST);
    const pause = gate();
    const slow = await shared.scheduler({
      cas: async (changes, at) => {
        await pause.opened;
        return shared.adapter.cas(changes, at);
      },
    });
    const looking = slow.look();
    await new Promise((resolve) => setImmediate(resolve));
    shared.at(SECOND);
    await look(shared);
    await shared.queue.remove(`default:${job("tidy", SECOND)}`);
    pause.open();
    await looking;
    expect(await shared.added()).toEqual([]);
    expect(await shared.queue.schedules()).toMatchObject([{ next: START + SECOND + HOUR }]);
  });

  it("counts once although its job was there already", async () => {
    const shared = await openShared();
    await shared.queue.schedule("tidy", hourly, "tidy.up", 1);
    shared.at(FIRST);
    await look(shared);
    await shared.queue.unschedule("tidy");
    shared.at(0);
    await shared.queue.schedule("tidy", hourly, "tidy.up", 2);
    shared.at(FIRST);
    await look(shared);
    expect((await shared.queue.list({})).items).toMatchObject([{ payload: 1 }]);
  });

  it("adds nothing when the schedule is changed, paused or removed while a process is just making it", async () => {
    for (const change of ["change", "pause", "remove"] as const) {
      const shared = await openShared();
      await shared.queue.schedule("tidy", hourly, "tidy.up", 1);
      shared.at(FIRST);
      const doIt = {
        change: () => shared.queue.schedule("tidy", hourly, "tidy.up", 2),
        pause: () => shared.queue.pauseSchedule("tidy"),
        remove: () => shared.queue.unschedule("tidy"),
      }[change];
      await look(shared, {
        cas: async (changes, at) => {
          await doIt();
          return shared.adapter.cas(changes, at);
        },
      });
      expect(await shared.added()).toEqual([]);
      await look(shared);
      expect((await shared.queue.list({})).items.map(({ payload }) => payload)).toEqual(change === "change" ? [2] : []);
    }
  });

  it("is the last one at the end of the schedule, which stays listed", async () => {
    const shared = await openShared();
    await shared.queue.schedule("tidy", { every: "1h", end: START + SECOND }, "tidy.up", null);
    for (const now of [FIRST, SECOND, SECOND + HOUR]) {
      shared.at(now);
      await look(shared);
    }
    expect(await shared.added()).toEqual([job("tidy", FIRST), job("tidy", SECOND)]);
    expect(await shared.queue.schedules()).toMatchObject([{ paused: false, next: null }]);
  });
});

describe("ticks that were missed", () => {
  it.each([
    ["skip", []],
    ["once", [4]],
    ["all", [0, 1, 2, 3, 4]],
  ] as const)("%s", async (missed, hours) => {
    const shared = await openShared();
    await shared.queue.schedule("tidy", hourly, "tidy.up", null, { missed });
    shared.at(FIRST + 4.5 * HOUR);
    await look(shared);
    expect(await shared.added()).toEqual(hours.map((n) => job("tidy", FIRST + n * HOUR)));
    expect(await shared.queue.schedules()).toMatchObject([{ next: START + FIRST + 5 * HOUR }]);
  });

  it("all: come in steps of a hundred, also when each process dies after one of them, and none twice", async () => {
    const shared = await openShared();
    await shared.queue.schedule("tidy", { every: "1m" }, "tidy.up", null, { missed: "all" });
    shared.at(250 * MINUTE);
    const counts: number[] = [];
    for (let process = 0; process < 4; process++) {
      await look(shared);
      counts.push((await shared.queue.list({ limit: 1000 })).items.length);
    }
    expect(counts).toEqual([100, 200, 250, 250]);
  });

  it("all: of a large payload come in smaller steps", async () => {
    const shared = await openShared();
    await shared.queue.schedule("tidy", { every: "1m" }, "tidy.up", "x".repeat(900_000), { missed: "all" });
    shared.at(6 * MINUTE);
    await look(shared);
    expect(await shared.added()).toHaveLength(4);
    await look(shared);
    expect(await shared.added()).toHaveLength(6);
  });

  it("are not made up for after a pause", async () => {
    const shared = await openShared();
    await shared.queue.schedule("tidy", hourly, "tidy.up", null, { missed: "all" });
    await shared.queue.pauseSchedule("tidy");
    shared.at(FIRST + 3 * HOUR + 1);
    await look(shared);
    await shared.queue.resumeSchedule("tidy");
    await look(shared);
    expect(await shared.added()).toEqual([]);
    expect(await shared.queue.schedules()).toMatchObject([{ next: START + FIRST + 4 * HOUR }]);
  });
});

describe("a tick while the job of the one before is unfinished", () => {
  async function twoTicks(overlap: "allow" | "skip" | "queue", between?: (shared: Shared) => Promise<unknown>) {
    const shared = await openShared();
    await shared.queue.schedule("tidy", hourly, "tidy.up", null, { overlap });
    shared.at(FIRST);
    await look(shared);
    await between?.(shared);
    shared.at(SECOND);
    await look(shared);
    return shared;
  }
  const first = `default:${job("tidy", FIRST)}`;

  it("allow: has its job all the same", async () => {
    expect(await (await twoTicks("allow")).added()).toEqual([job("tidy", FIRST), job("tidy", SECOND)]);
  });

  it("skip: has none, which is told, and the next one is there again", async () => {
    const shared = await twoTicks("skip");
    expect(await shared.added()).toEqual([job("tidy", FIRST)]);
    expect(await shared.queue.schedules()).toMatchObject([
      { last: { at: START + FIRST }, skipped: START + SECOND, next: START + SECOND + HOUR },
    ]);
    await shared.finish(first);
    shared.at(SECOND + HOUR);
    await look(shared);
    expect(await shared.added()).toEqual([job("tidy", FIRST), job("tidy", SECOND + HOUR)]);
  });

  it("skip: has its job when the one before has ended, however, or is not kept any more", async () => {
    for (const state of ["completed", "failed", "cancelled"]) {
      const shared = await twoTicks("skip", ({ finish }) => finish(first, state));
      expect(await shared.added()).toHaveLength(2);
    }
    const shared = await twoTicks("skip", ({ queue }) => queue.remove(first));
    expect(await shared.added()).toEqual([job("tidy", SECOND)]);
  });

  it("queue: has a job that waits for it", async () => {
    const shared = await twoTicks("queue");
    const lease = { ms: 1000, holder: "a" };
    const take = async (): Promise<string[]> =>
      (await shared.queue.poll({ limit: 5, lease })).jobs.map(({ id }) => id.replace("default:", ""));
    expect(await take()).toEqual([job("tidy", FIRST)]);
    await shared.queue.cas([{ id: first, expect: { state: "active" }, set: { state: "completed" } }]);
    expect(await take()).toEqual([job("tidy", SECOND)]);
  });

  it("queue: keeps an ordering key that the jobs have already", async () => {
    const shared = await openShared();
    const options = { overlap: "queue", job: { orderingKey: "mine" } } as const;
    expect(await shared.queue.schedule("tidy", hourly, "tidy.up", 1, options)).toMatchObject({
      job: { orderingKey: "mine" },
    });
  });
});

describe("trouble with one schedule", () => {
  it("is told and shown, tried again after a minute, and keeps no other from ticking", async () => {
    const shared = await openShared();
    await shared.queue.schedule("broken", hourly, "tidy.up", null);
    await shared.queue.schedule("fine", hourly, "tidy.up", null);
    const payload = { when: { cron: "from the future", tz: "UTC" }, job: { type: "tidy.up", lane: "x" } };
    await shared.queue.cas([{ id: "$schedules:broken", expect: { state: "$scheduled" }, set: { payload } }]);
    shared.at(FIRST);
    const scheduler = await shared.scheduler();
    await scheduler.look();
    expect(await shared.added()).toEqual([job("fine", FIRST)]);
    expect(scheduler.errors).toHaveLength(1);
    expect(await shared.queue.schedules()).toMatchObject([
      { name: "broken", trouble: { at: START + FIRST, message: expect.stringContaining("five, six") as string } },
      { name: "fine" },
    ]);

    await shared.queue.schedule("broken", { every: "2h" }, "tidy.up", null);
    shared.at(FIRST + 2 * HOUR);
    await look(shared);
    const [mended] = await shared.queue.schedules();
    expect(mended).toMatchObject({ last: { at: START + FIRST + HOUR } });
    expect(mended).not.toHaveProperty("trouble");
  });
});

describe("what is no schedule at all", () => {
  it("keeps no other from ticking and from being listed", async () => {
    const shared = await openShared();
    await shared.queue.schedule("fine", hourly, "tidy.up", null);
    const progress = { last: { at: 1, job: "x:1" }, next: START };
    const state = "$scheduled";
    await shared.queue.insert([
      { type: "$schedule", id: "$schedules:odd", payload: null, progress, state, runAt: START },
    ]);
    shared.at(FIRST);
    const scheduler = await shared.scheduler();

    await scheduler.look();

    expect(await shared.added()).toEqual([job("fine", FIRST)]);
    expect(scheduler.errors).toHaveLength(1);
    expect(await shared.queue.schedules()).toMatchObject([{ name: "fine" }]);
  });
});

describe("whatever happens", () => {
  it("each tick has exactly one job, and all of them have one", async () => {
    const event = fc.constantFrom("look", "die", "stand still", "make again", "wait a tick", "wait long");
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
        const shared = await openShared();
        const make = (): Promise<unknown> =>
          shared.queue.schedule("tidy", { every: "10s" }, "tidy.up", null, { missed: "all" });
        await make();
        let now = 0;
        const still: { open: () => void; looking: Promise<unknown> }[] = [];
        const hang = async (cas: Adapter["cas"]): Promise<{ looking: Promise<unknown> }> => {
          const looking = (await shared.scheduler({ cas })).look();
          await new Promise((resolve) => setImmediate(resolve));
          return { looking };
        };
        for (const each of events) {
          if (each === "look") await (await shared.scheduler()).look();
          if (each === "make again") await make();
          if (each === "die") await hang(() => new Promise(() => undefined));
          if (each === "stand still") {
            const pause = gate();
            const { looking } = await hang(async (changes, at) => {
              await pause.opened;
              return shared.adapter.cas(changes, at);
            });
            still.push({ open: () => pause.open(), looking });
          }
          if (each.startsWith("wait")) shared.at((now += each === "wait long" ? 55_000 : 10_000));
        }
        for (const { open, looking } of still) {
          open();
          await looking;
        }
        shared.at((now += 20_000));
        await (await shared.scheduler()).look();
        const expected = Array.from({ length: now / 10_000 }, (_, n) => job("tidy", (n + 1) * 10_000));
        expect(await shared.added()).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a process with a worker", () => {
  it("runs the jobs of schedules, whose handlers learn their tick", async () => {
    await using queue = await openQueue("memory:");
    const seen: (number | undefined)[] = [];
    const { opened, open } = gate();
    queue.work({
      beat: (_job, ctx) => {
        seen.push(ctx.scheduledFor);
        if (seen.length === 3) open();
      },
    });
    // Made after the worker has begun, so that it has to hear of it.
    await queue.schedule("pulse", { every: 100 }, "beat", null);
    await opened;
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.every((tick) => tick !== undefined && tick % 100 === 0)).toBe(true);
  });

  it("makes no more ticks once its last worker has stopped, and goes on with the next", async () => {
    await using queue = await openQueue("memory:");
    const count = async (): Promise<number> => (await queue.list({ types: ["beat"] })).items.length;
    const worker = queue.work({ beat: () => undefined });
    await queue.schedule("pulse", { every: 100 }, "beat", null);
    await vi.waitFor(async () => expect(await count()).toBeGreaterThan(0), { timeout: 60_000 });
    await worker.stop();
    const before = await count();

    // Received by hand, which makes no ticks; one may have been under way.
    await queue.add("other", null, { delay: 350 });
    await queue.receive({ types: ["other"], wait: "5s" });
    expect(await count()).toBeLessThanOrEqual(before + 1);
    queue.work({ beat: () => undefined });
    await vi.waitFor(async () => expect(await count()).toBeGreaterThan(before + 1), { timeout: 60_000 });
  });

  it("makes no ticks with `schedules: false`", async () => {
    await using queue = await openQueue("memory:", { schedules: false });
    queue.work({ beat: () => undefined });
    await queue.schedule("pulse", { every: 100 }, "beat", null);
    const { id } = await queue.add("beat", null, { delay: 250 });
    await queue.result(id);
    expect((await queue.list({})).items.map((each) => each.id)).toEqual([id]);
  });
});
