import type { KeepFor, RemoveQuery } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same, sameIds, status } from "../check.ts";
import { durable } from "../needs.ts";
import { HOUR, MINUTE, SECOND, T0 } from "../time.ts";
import type { Trial, Wish } from "../trial.ts";
import { after, ends, states } from "./dependencies.ts";

const DAY = 24 * HOUR;
const KEEP = { completed: DAY, failed: DAY, cancelled: DAY } as const;

/** P26: how long finished jobs are kept, by themselves, by their lane, and by those that depend on them. */
export const retention: readonly Case[] = [
  {
    promise: "P26",
    scenarios: ["S29", "S50"],
    title: "removes the finished jobs of a lane that have been kept as long as it says, each by the way it ended",
    async run(t) {
      const ids = await finish(t, [{ state: "completed" }, { state: "failed" }, { state: "cancelled" }]);
      const [completed, failed, cancelled] = ids;
      const [open, side] = await t.addAll([{}, { lane: "side" }]);
      await ends(t, side, "completed");
      const keep = { completed: SECOND, failed: 2 * SECOND, cancelled: false } as const;
      const all = [completed, failed, open, side];
      for (const [ms, count, left] of [
        [0, 1, all],
        [SECOND - 1, 0, all],
        [SECOND, 1, [failed, open, side]],
        [2 * SECOND - 1, 0, [failed, open, side]],
        [2 * SECOND, 1, [open, side]],
      ] as const) {
        same(await prune(t, { keep }, T0 + ms), count, `After ${ms} ms, the number of removed jobs is wrong.`);
        sameIds(await listed(t), left, `After ${ms} ms, the wrong jobs are left.`);
      }
      same(await t.adapter.get([cancelled]), [null], "A job that is not to be kept was.");
    },
  },
  {
    promise: "P26",
    title: "keeps a job as long as it says itself, where it does, and otherwise as long as its lane says",
    async run(t) {
      const short = { keep: { completed: SECOND } };
      const [a, b, c, d] = await finish(t, [
        { ...short, state: "completed" },
        { keep: { completed: HOUR, failed: false }, state: "completed" },
        { ...short, state: "failed" },
        { keep: {}, state: "completed" },
        { keep: { failed: 0 }, state: "failed" },
      ]);
      const keep = { completed: MINUTE, failed: 2 * MINUTE, cancelled: DAY };
      same(await prune(t, { keep }), 1, "A job that says that it is not kept was.");
      sameIds(await listed(t), [a, b, c, d], "Not the job that says that it is not kept was removed.");
      await prune(t, { keep }, T0 + SECOND);
      sameIds(await listed(t), [b, c, d], "A job was kept longer than it says itself.");
      await prune(t, { keep }, T0 + 2 * MINUTE);
      sameIds(await listed(t), [b], "A job was not kept as its lane says, or not as long as it says itself.");
      await prune(t, { keep }, T0 + HOUR);
      sameIds(await listed(t), [], "A job is kept for ever.");
    },
  },
  {
    promise: "P26",
    title: "drops a job in the step that finishes it if it says so itself, and keeps it if its lane alone says so",
    async run(t) {
      await t.adapter.configure("side", { keep: { completed: false, failed: false } });
      const drop: KeepFor = { completed: false };
      const kept: KeepFor = { completed: HOUR };
      const wishes = [{ keep: drop }, { keep: kept }, { keep: drop, lane: "side" }, { keep: kept, lane: "side" }];
      const ids = await t.addAll([...wishes, { lane: "side", keep: { failed: HOUR } }]);
      await t.adapter.append([{ id: ids[0], event: "note" }], { now: T0 });
      for (const job of await t.take({ lanes: ["main", "side"], limit: 9 })) {
        status(await t.complete(job), "ok", "A job could not be completed.");
      }
      same(await states(t, ids), [null, "completed", null, "completed", null], "A job's own `keep` was not heard.");
      same(await t.log({ id: ids[0] }), [], "The log of a job outlived it.");
      const failed = await t.add({ keep: drop });
      await ends(t, failed, "failed");
      same(await states(t, [failed]), ["failed"], "A job was dropped that ended otherwise than its `keep` speaks of.");
    },
  },
  {
    promise: "P26",
    title: "keeps a finished job that is changed after its lane was set to keep none of those that finish",
    async run(t) {
      const ids = await t.addAll([{}, {}]);
      for (const id of ids) await ends(t, id, "completed");
      await t.adapter.configure("main", { keep: { completed: false } });
      const expect = { state: "completed" };
      await t.apply({ id: ids[0], expect, set: { progress: 1 } });
      same(await states(t, ids), ["completed", "completed"], "A job went that had finished long before.");
    },
  },
  {
    promise: "P26",
    title: "keeps no more finished jobs of a lane than its `count` says, all states together, the newest ones",
    async run(t) {
      const [a, , c, , e] = await finish(t, [
        { state: "completed", now: T0 + 3 },
        { state: "failed", now: T0 + 1 },
        { state: "cancelled", now: T0 + 4 },
        { state: "completed", now: T0 + 2 },
        { state: "failed", now: T0 + 5 },
      ]);
      const [open, side] = await t.addAll([{}, { lane: "side" }]);
      await ends(t, side, "completed");
      same(await prune(t, { keep: { ...KEEP, count: 5 } }), 0, "Jobs were removed though they are not too many.");
      same(await prune(t, { keep: { ...KEEP, count: 3 } }), 2, "Not just those beyond the count were removed.");
      sameIds(await listed(t), [a, c, e, open, side], "Not the oldest ones were removed.");
      same(await prune(t, { keep: { ...KEEP, count: 2 }, limit: 1 }), 1, "A removal did not keep to its limit.");
      sameIds(await listed(t), [c, e, open, side], "Not the oldest one was removed.");
      same(await prune(t, { keep: { ...KEEP, count: 3 } }), 0, "Jobs were removed though they are not too many.");
      same(await prune(t, { keep: { ...KEEP, count: 0 } }), 2, "A count of none keeps finished jobs.");
      sameIds(await listed(t), [open, side], "An unfinished job, or one of another lane, was removed.");
    },
  },
  {
    promise: "P26",
    title: "counts jobs that finished in the same millisecond by their insertion, and again those that were retried",
    async run(t) {
      const ids = await finish(
        t,
        Array.from({ length: 6 }, () => ({ state: "completed" })),
      );
      await prune(t, { keep: { ...KEEP, count: 4 } });
      sameIds(await listed(t), ids.slice(2), "Of jobs that finished together, not those inserted first were removed.");
      await t.apply({ id: ids[2] ?? "", expect: { state: "completed" }, set: { state: "waiting" } });
      same(await prune(t, { keep: { ...KEEP, count: 3 } }), 0, "A job that was retried is counted as finished.");
      await ends(t, ids[2] ?? "", "failed", T0 + MINUTE);
      same(await prune(t, { keep: { ...KEEP, count: 1 } }), 3, "Not just those beyond the count were removed.");
      sameIds(await listed(t), [ids[2] ?? ""], "The age of a job is not counted from its last end.");
    },
  },
  {
    promise: "P26",
    title: "removes what is too old and what is too many together, oldest first and no more than the limit",
    async run(t) {
      const ids = await finish(
        t,
        Array.from({ length: 8 }, (_, i) => ({ state: "completed", now: T0 + i * SECOND })),
      );
      const query = { keep: { ...KEEP, completed: 5 * SECOND, count: 6 }, limit: 2 };
      const now = T0 + 9 * SECOND;
      for (const [count, left] of [
        [2, 6],
        [2, 4],
        [1, 3],
        [0, 3],
      ] as const) {
        same(await prune(t, query, now), count, "A removal did not keep to its limit, or miscounted.");
        sameIds(await listed(t), ids.slice(8 - left), "Not the oldest ones were removed.");
      }
    },
  },
  {
    promise: "P20",
    title: "spares a finished job while an unfinished one depends on it, so that its result can be read",
    async run(t) {
      const parent = await t.add();
      const open = await t.add({ delayMs: HOUR });
      const [id, blocked] = await t.addAll([after([parent]), after([parent, open])]);
      await t.complete(await t.claim(), "result");
      const removals: RemoveQuery[] = [
        { states: ["completed"], olderThanMs: 0, limit: 9, now: T0 },
        { lane: "main", keep: { ...KEEP, completed: false, count: 0 }, limit: 9, now: T0 },
      ];
      const spares = async (state: string) => {
        for (const query of removals)
          same(await t.adapter.remove(query), 0, `Its result was removed from a ${state} job.`);
        same((await t.read(parent)).result, "result", "A result is gone.");
      };
      await spares("waiting");
      const held = await t.claim();
      same(held.id, id, "A job was not released.");
      await spares("held");
      await t.complete(held);
      await t.adapter.remove({ ids: [id] });
      await spares("blocked");
      await t.apply({ id: blocked, expect: { state: "blocked" }, set: { cancel: true } });
      same(await t.adapter.remove(removals[1] ?? { ids: [] }), 2, "What nobody depends on any more was spared.");
    },
  },
  {
    promise: "P20",
    title: "keeps a job that is not kept until those that depend on it have ended; by ids it is removed all the same",
    async run(t) {
      await t.adapter.configure("main", { keep: { completed: false } });
      const [a, b] = await t.addAll([{}, { keep: { completed: false } }]);
      const [first, second] = await t.addAll([
        { ...after([a]), lane: "side" },
        { ...after([b]), lane: "side" },
      ]);
      for (const job of await t.take({ limit: 9 })) await t.complete(job, "result");
      same(
        (await t.adapter.get([a, b])).map((job) => job?.result),
        ["result", "result"],
        "A result was dropped.",
      );
      same(await t.adapter.remove({ ids: [a] }), 1, "A job could not be removed by its id.");
      same(await states(t, [first, second]), ["waiting", "waiting"], "A removal after the end was judged once more.");
      await ends(t, second, "completed");
      same(await prune(t, { keep: { ...KEEP, completed: false } }), 1, "A job that was spared is kept for ever.");
      same(await t.adapter.get([a, b]), [null, null], "A job that was spared is kept for ever.");
    },
  },
  {
    promise: "P26",
    title: "keeps a job's own `keep` over a close and another open",
    needs: durable,
    async run(t) {
      const ids = await finish(t, [
        { keep: { completed: SECOND }, state: "completed" },
        { keep: { completed: HOUR }, state: "completed" },
      ]);
      const parent = await t.add();
      await t.add({ ...after([parent]), lane: "side" });
      await ends(t, parent, "completed");
      await t.adapter.close();
      const again = await t.reopen();
      const query = { lane: "main", keep: { ...KEEP, completed: MINUTE }, limit: 9, now: T0 + MINUTE };
      same(await again.remove(query), 1, "Not just the job that is kept shortest was removed.");
      const left = (await again.get([...ids, parent])).map((job) => job?.id);
      same(left, [undefined, ids[1], parent], "What jobs say themselves was forgotten while the store was closed.");
    },
  },
];

/** Adds jobs and ends each of them, one after another. */
async function finish<const W extends readonly (Wish & { state: string; now?: number })[]>(
  t: Trial,
  wishes: W,
): Promise<{ -readonly [I in keyof W]: string }> {
  const ids: string[] = [];
  for (const { state: _state, now: _now, ...wish } of wishes) ids.push(await t.add(wish, { now: T0 - HOUR }));
  for (const [i, { state, now }] of wishes.entries()) await ends(t, ids[i] ?? "", state, now ?? T0);
  return ids as { -readonly [I in keyof W]: string };
}

async function prune(
  t: Trial,
  { keep, limit = 99 }: Omit<Extract<RemoveQuery, { keep: unknown }>, "lane" | "limit"> & { readonly limit?: number },
  now: number = T0 + 10,
): Promise<number> {
  return t.adapter.remove({ lane: "main", keep, limit, now });
}

/** The ids of all jobs, in insertion order. */
async function listed(t: Trial) {
  return (await t.adapter.list({ limit: 99, now: T0 })).items;
}
