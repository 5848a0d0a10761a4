import type { Case } from "../case.ts";
import { holds, same } from "../check.ts";
import { HOUR, SECOND, T0 } from "../time.ts";

/** P19: what a store tells of its lanes. */
export const lanes: readonly Case[] = [
  {
    promise: "P19",
    scenarios: ["S58", "S62", "S63", "S79", "S107"],
    title: "tells every lane by name, with its jobs by state",
    async run(t) {
      await t.addAll([
        { lane: "b" },
        { lane: "b", delayMs: SECOND },
        { lane: "b", state: "fetched" },
        { lane: "a", priority: 1 },
        { lane: "a" },
        { lane: "B" },
        { lane: "a.b" },
      ]);
      await t.adapter.configure("c", { paused: true });
      const held = await t.claim({ lanes: ["a"] });
      await t.complete(held);
      await t.claim({ lanes: ["b"] });
      const status = await t.adapter.lanes({ now: T0 });
      const nothing = { settings: {}, atLeast: [], oldestDueAt: null };
      const expected = [
        { ...nothing, lane: "B", counts: { waiting: 1 }, oldestDueAt: T0 },
        { ...nothing, lane: "a", counts: { completed: 1, waiting: 1 }, oldestDueAt: T0 },
        { ...nothing, lane: "a.b", counts: { waiting: 1 }, oldestDueAt: T0 },
        { ...nothing, lane: "b", counts: { active: 1, delayed: 1, fetched: 1 } },
        { ...nothing, lane: "c", counts: {}, settings: { paused: true } },
      ];
      same(status, expected, "The lanes, their counts or their settings are wrong.");
      const [later] = (await t.adapter.lanes({ now: T0 + SECOND })).slice(3);
      same(later?.counts, { active: 1, waiting: 1, fetched: 1 }, "A job that fell due is still counted as delayed.");
      same(later?.oldestDueAt, T0 + SECOND, "A job that fell due is not the oldest due one.");
    },
  },
  {
    promise: "P19",
    title: "tells since when the job has been due that has waited longest, whatever its priority",
    async run(t) {
      await t.addAll([
        { priority: 0, runAt: T0 - SECOND },
        { priority: 900, runAt: T0 - HOUR },
        { state: "fetched", runAt: T0 - 2 * HOUR },
        { delayMs: HOUR },
      ]);
      const [lane] = await t.adapter.lanes({ now: T0 });
      same(lane?.oldestDueAt, T0 - HOUR, "`oldestDueAt` is not the due time of the waiting job that is due longest.");
      await t.take({ limit: 9 });
      const [drained] = await t.adapter.lanes({ now: T0 });
      same(drained?.oldestDueAt, null, "`oldestDueAt` speaks of jobs that are no longer waiting.");
    },
  },
  {
    promise: "P19",
    scenarios: ["S62", "S63", "S79"],
    title: "counts along through the whole life of many jobs",
    async run(t) {
      await t.addAll(Array.from({ length: 70 }, () => ({})));
      const countsNow = async () => (await t.adapter.lanes({ now: T0 }))[0]?.counts;
      same(await countsNow(), { waiting: 70 }, "Waiting jobs are miscounted.");
      const jobs = await t.take({ limit: 50 });
      same(await countsNow(), { waiting: 20, active: 50 }, "Active jobs are miscounted.");
      const states = ["completed", "failed", "cancelled", "waiting", "fetched"];
      const changes = jobs.map(({ id, token }, i) => ({ id, expect: { token }, set: { state: states[i % 5] ?? "" } }));
      await t.adapter.cas(changes, { now: T0 });
      const settled = { waiting: 30, completed: 10, failed: 10, cancelled: 10, fetched: 10 };
      same(await countsNow(), settled, "Settled jobs are miscounted.");
      await t.take({ limit: 99 });
      await t.adapter.remove({ states: ["failed"], olderThanMs: 0, limit: 4, now: T0 });
      const left = { active: 30, completed: 10, failed: 6, cancelled: 10, fetched: 10 };
      same(await countsNow(), left, "Jobs are miscounted after some were removed.");
    },
  },
  {
    promise: "P19",
    title: "counts exactly up to ten thousand, and beyond that exactly or says that there are at least as many",
    async run(t) {
      const wishes = Array.from({ length: 5000 }, () => ({}));
      await t.addAll(wishes);
      await t.addAll(wishes);
      const [exact] = await t.adapter.lanes({ now: T0 });
      same([exact?.counts["waiting"], exact?.atLeast], [10_000, []], "Ten thousand jobs are not counted exactly.");
      await t.addAll([{}, { delayMs: SECOND }]);
      const [more] = await t.adapter.lanes({ now: T0 });
      const { waiting } = more?.counts ?? {};
      const bounded = waiting === 10_000 && more?.atLeast.join() === "waiting";
      const exactAll = waiting === 10_001 && more?.atLeast.length === 0;
      holds(bounded || exactAll, `10 001 jobs are told as neither exact nor "at least": ${JSON.stringify(more)}.`);
      same(more?.counts["delayed"], 1, "A count beside one that stopped at its bound is wrong.");
    },
  },
];
