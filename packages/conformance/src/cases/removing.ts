import type { TerminalState } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same, sameIds, sameSet, status } from "../check.ts";
import { HOUR, SECOND, T0 } from "../time.ts";
import type { Trial } from "../trial.ts";

/** P26: removing, and what is kept. */
export const removing: readonly Case[] = [
  {
    promise: "P26",
    scenarios: ["S13"],
    title: "removes just the jobs that it was told, whatever their state, and counts them",
    async run(t) {
      const [kept, waiting, delayed, custom, side] = await t.addAll([
        { priority: 900 },
        {},
        { delayMs: HOUR },
        { state: "fetched" },
        { lane: "side" },
      ]);
      const held = await t.claim();
      same(held.id, waiting, "The job was due.");
      const ids = [waiting, delayed, "main:none", custom, side];
      same(await t.adapter.remove({ ids }), 4, "The number of removed jobs is wrong.");
      same(await t.adapter.remove({ ids }), 0, "Jobs were removed twice.");
      same(await t.adapter.get(ids), [null, null, null, null, null], "A removed job is still there.");
      const found = await t.take({ lanes: ["main", "side"], limit: 9, expired: 9, now: T0 + 2 * HOUR });
      sameIds(found, [kept], "A poll found a removed job, or missed one that was kept.");
      same(await t.adapter.remove({ ids: [] }), 0, "Removing nothing removed something.");
    },
  },
  {
    promise: "P26",
    scenarios: ["S13"],
    title: "leaves no trace of removed jobs in lists, counts, polls and `nextDueAt`",
    async run(t) {
      const ids = await t.addAll([{}, {}, { delayMs: SECOND }, { state: "fetched" }, { group: "g" }]);
      await t.take({ limit: 2 });
      await t.apply({ id: ids[4], expect: { state: "waiting" }, set: { state: "completed" } });
      await t.adapter.remove({ ids });
      same(
        await t.poll({ limit: 9, expired: 9, now: T0 + HOUR }),
        { jobs: [], expired: [], nextDueAt: null, now: T0 + HOUR },
        "A trace is left.",
      );
      for (const order of ["poll", "inserted", "finished"] as const) {
        same((await t.adapter.list({ order, limit: 9, now: T0 })).items, [], `The ${order} order lists a removed job.`);
      }
      same((await t.adapter.list({ group: "g", limit: 9, now: T0 })).items, [], "A group lists a removed job.");
      const [lane] = await t.adapter.lanes({ now: T0 });
      same([lane?.counts, lane?.oldestDueAt], [{}, null], "A removed job is counted.");
    },
  },
  {
    promise: "P26",
    title: "removes jobs by their ids at the time given, which is when those end that waited for them",
    async run(t) {
      const parent = await t.add();
      const id = await t.add({ dependsOn: [parent], onParent: "cancel" });
      await t.adapter.remove({ ids: [parent], now: T0 + SECOND });
      const { state, updatedAt, finishedAt } = await t.read(id);
      same([state, updatedAt, finishedAt], ["cancelled", T0 + SECOND, T0 + SECOND], "Not the time given counted.");
    },
  },
  {
    promise: "P26",
    title: "counts each job that it was told once, also one that goes with another of them",
    async run(t) {
      await t.adapter.configure("main", { keep: { cancelled: false } });
      const parent = await t.add();
      const id = await t.add({ dependsOn: [parent], onParent: "cancel" });
      const ids = [parent, id, parent];
      same(await t.adapter.remove({ ids }), 2, "The number of removed jobs is wrong.");
      same(await t.adapter.get(ids), [null, null, null], "A removed job is still there.");
    },
  },
  {
    promise: "P26",
    scenarios: ["S29", "S50"],
    title: "removes finished jobs by age: not one that is younger, of another state or lane, or not finished",
    async run(t) {
      const old = await finish(t, "completed", T0);
      const failed = await finish(t, "failed", T0);
      const side = await finish(t, "completed", T0, "side");
      const young = await finish(t, "completed", T0 + 1);
      const [waiting, custom] = await t.addAll([{}, { state: "fetched" }], { now: T0 - HOUR });
      const held = await t.claim();
      const query = { lane: "main", states: ["completed"], olderThanMs: SECOND, limit: 9 } as const;
      same(await t.adapter.remove({ ...query, now: T0 + SECOND - 1 }), 0, "A job was removed a millisecond too early.");
      same(await t.adapter.remove({ ...query, now: T0 + SECOND }), 1, "Not just the one old job was removed.");
      const { items } = await t.adapter.list({ limit: 99, now: T0 });
      sameSet(items, [failed, side, young, waiting, custom], "The wrong jobs were removed.");
      same(await t.adapter.get([old]), [null], "The old job is still there.");
      status(await t.complete(held, null, T0 + SECOND), "ok", "A removal disturbed a job that is held.");
    },
  },
  {
    promise: "P26",
    scenarios: ["S50"],
    title: "removes no more than the limit in a call, those first that finished first",
    async run(t) {
      const ids: string[] = [];
      for (const [i, state] of (["failed", "cancelled", "completed", "failed", "cancelled"] as const).entries()) {
        ids.push(await finish(t, state, T0 + ((i * 3) % 5), i % 2 ? "main" : "side"));
      }
      const byAge = [ids[0], ids[2], ids[4], ids[1], ids[3]].map((id) => id ?? "");
      const query = {
        states: ["completed", "failed", "cancelled"],
        olderThanMs: 0,
        limit: 2,
        now: T0 + SECOND,
      } as const;
      for (const [left, count] of [
        [3, 2],
        [1, 2],
        [0, 1],
        [0, 0],
      ] as const) {
        same(await t.adapter.remove(query), count, "A removal did not keep to its limit, or miscounted.");
        const { items } = await t.adapter.list({ order: "finished", limit: 99, now: T0 });
        sameIds(items, byAge.slice(5 - left), "Not the jobs that finished first were removed.");
      }
    },
  },
  {
    promise: "P26",
    title: "counts the age of a job from its last end",
    async run(t) {
      const id = await finish(t, "failed", T0);
      await t.apply({ id, expect: { state: "failed" }, set: { state: "waiting" } }, T0 + SECOND);
      const query = { states: ["completed", "failed", "cancelled"], olderThanMs: SECOND, limit: 9 } as const;
      same(await t.adapter.remove({ ...query, now: T0 + HOUR }), 0, "A job that was retried was removed as finished.");
      const held = await t.claim({ now: T0 + HOUR });
      await t.complete(held, null, T0 + HOUR);
      same(await t.adapter.remove({ ...query, now: T0 + HOUR + 1 }), 0, "A job's age was counted from an earlier end.");
      same(await t.adapter.remove({ ...query, now: T0 + HOUR + SECOND }), 1, "An old job was not removed.");
    },
  },
  {
    promise: "P26",
    title: "removes a job in the very step that finishes it where its lane does not keep it",
    async run(t) {
      await t.adapter.configure("main", { keep: { completed: false, failed: 1000 }, history: "all" });
      const child = t.job({ lane: "side" });
      const id = await t.add();
      await t.adapter.append([{ id, event: "note" }], { now: T0 });
      const held = await t.claim();
      const set = { state: "completed", result: 1 };
      const outcome = await t.cas({ id, expect: { token: held.token }, set, event: "end", spawn: [child] });
      same(
        outcome,
        { status: "ok", version: 3, spawned: [child.id] },
        "Finishing a job that is not kept is answered otherwise.",
      );
      same(
        await t.adapter.get([id, child.id]).then((jobs) => jobs.map((job) => job?.id ?? null)),
        [null, child.id],
        "It was kept, or its successor was not.",
      );
      same(await t.log({ id }), [], "The log of a job that is not kept outlived it.");
      status(await t.complete(held), "missing", "A second completion was not answered `missing`.");
      same((await t.adapter.list({ lanes: ["main"], limit: 9, now: T0 })).items, [], "It is still listed.");
      const failed = await finish(t, "failed", T0);
      same((await t.read(failed)).state, "failed", "A state that is kept was not.");
    },
  },
  {
    promise: "P26",
    title: "leaves no log of jobs that are completed by nothing but their token where the lane keeps none",
    async run(t) {
      await t.adapter.configure("main", { keep: { completed: false }, history: "all" });
      const ids = await t.addAll([{}, {}, { lane: "side" }]);
      await t.adapter.append(
        ids.map((id) => ({ id, event: "note" })),
        { now: T0 },
      );
      for (const held of await t.take({ lanes: ["main", "side"], limit: 3 })) {
        status(await t.complete(held), "ok", "A job could not be completed.");
      }
      for (const id of ids.slice(0, 2)) same(await t.log({ id }), [], "The log of a job that is not kept outlived it.");
      same((await t.log({ id: ids[2] })).length, 1, "The log of a job that is kept went with others.");
    },
  },
  {
    promise: "P26",
    title: "keeps nothing of cancelled jobs, or of those that a poll finishes, where the lane says so",
    async run(t) {
      await t.adapter.configure("main", { keep: { cancelled: false, completed: false } });
      const [a, b, c] = await t.addAll([{}, { state: "old" }, {}]);
      await t.apply({ id: a, expect: { state: "waiting" }, set: { cancel: true } });
      const [done] = await t.advance({ from: "old", to: "completed" });
      same([done?.id, done?.state], [b, "completed"], "A poll that finishes a job did not answer it.");
      const held = await t.claim();
      await t.apply({ id: c, expect: { state: "active" }, set: { cancel: true } });
      await t.apply({ id: c, expect: { token: held.token }, set: { state: "waiting" } });
      same(await t.adapter.get([a, b, c]), [null, null, null], "A job was kept that should not be.");
    },
  },
  {
    promise: "P26",
    title: "keeps finished jobs that no setting speaks of",
    async run(t) {
      const ids: string[] = [];
      for (const state of ["completed", "failed", "cancelled"] as const) ids.push(await finish(t, state, T0));
      await t.adapter.configure("main", { keep: { completed: false } });
      await t.adapter.configure("main", { keep: null });
      ids.push(await finish(t, "completed", T0));
      const { items } = await t.adapter.list({ order: "finished", limit: 9, now: T0 });
      sameSet(items, ids, "Finished jobs were not kept.");
    },
  },
];

async function finish(t: Trial, state: TerminalState, now: number, lane = "main"): Promise<string> {
  const id = await t.add({ lane, delayMs: 0 }, { now: T0 - HOUR });
  await t.apply({ id, expect: { state: "waiting" }, set: { state } }, now);
  return id;
}
