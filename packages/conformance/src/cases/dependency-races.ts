import type { Adapter } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same, status } from "../check.ts";
import { durable, shared, transactional } from "../needs.ts";
import { T0 } from "../time.ts";
import type { Trial } from "../trial.ts";
import { after, ends, states } from "./dependencies.ts";

/** P20 when several end at once, in a transaction, or after the store was closed. */
export const dependencyRaces: readonly Case[] = [
  {
    promise: "P20",
    title: "releases a job when the last two that it depends on complete at the same time",
    async run(t) {
      await completeTogether(t, [t.adapter, t.adapter]);
    },
  },
  {
    promise: "P20",
    title: "releases a job when the last two that it depends on complete at the same time on two handles",
    needs: shared,
    async run(t) {
      await completeTogether(t, [t.adapter, await t.reopen()]);
    },
  },
  {
    promise: "P20",
    title: "strands no job that is added while what it depends on ends on another handle",
    needs: shared,
    async run(t) {
      const another = await t.reopen();
      for (let round = 0; round < 40; round++) {
        const state = round % 2 ? "completed" : "failed";
        const parent = await t.add({ lane: "parents" });
        const job = t.job(after([parent]));
        await Promise.all([
          another.insert([t.job({ lane: "side" }), job], { now: T0 }),
          t.cas({ id: parent, expect: { state: "waiting" }, set: { state } }),
        ]);
        const found = await t.take({ limit: 9 }, round % 4 < 2 ? another : t.adapter);
        const [now] = await states(t, [job.id]);
        same([now, found.length], state === "completed" ? ["active", 1] : ["cancelled", 0], "A job was left blocked.");
      }
    },
  },
  {
    promise: "P20",
    title: "cancels or releases once when what a job depends on ends otherwise on two handles at the same time",
    needs: shared,
    async run(t) {
      const another = await t.reopen();
      for (let round = 0; round < 20; round++) {
        const [a, b] = await t.addAll([{}, {}]);
        const ids = await t.addAll([after([a, b]), after([a, b], "release")]);
        await Promise.all([
          t.cas({ id: a, expect: { state: "waiting" }, set: { state: "failed" } }),
          t.cas({ id: b, expect: { state: "waiting" }, set: { cancel: true } }, T0, another),
        ]);
        const jobs = (await t.adapter.get(ids)).map((job) => [job?.state, job?.version]);
        const expected = [
          ["cancelled", 2],
          ["waiting", 2],
        ];
        same(jobs, expected, "Two ends at the same time were not judged once each.");
      }
    },
  },
  {
    promise: "P20",
    title: "leaves jobs blocked when the transaction that ended what they depend on is rolled back",
    needs: transactional,
    async run(t) {
      const [a, b] = await t.addAll([{}, {}]);
      const ids = await t.addAll([after([a]), after([b])]);
      const changes = [
        { id: a, expect: { state: "waiting" }, set: { state: "completed" } },
        { id: b, expect: { state: "waiting" }, set: { state: "failed" } },
      ];
      await t
        .transaction(async (tx) => {
          await t.adapter.cas(changes, { now: T0, tx });
          throw new Error("roll back");
        })
        .catch(() => {});
      same(await states(t, ids), ["blocked", "blocked"], "A rollback released or cancelled a job.");
      const [parent, child] = [t.job(), t.job()];
      await t.transaction(async (tx) => {
        await t.adapter.cas(changes, { now: T0, tx });
        await t.adapter.insert([{ ...child, ...after([parent.id, a]) }], { now: T0, tx });
        await t.adapter.insert([parent], { now: T0, tx });
      });
      same(await states(t, [...ids, parent.id]), ["waiting", "cancelled", "waiting"], "A commit was judged wrong.");
      same(await states(t, [child.id]), ["cancelled"], "A job waits for one that was not there when it was added.");
    },
  },
  {
    promise: "P20",
    title: "knows over a close and another open what is blocked, and what is satisfied already",
    needs: durable,
    async run(t) {
      const [a, b, c] = await t.addAll([{}, {}, {}]);
      const [id, other, freed] = await t.addAll([after([a, b]), after([b, "main:none"], "leave"), after([c])]);
      await ends(t, a, "completed");
      await t.apply({ id: a, expect: { state: "completed" }, set: { state: "waiting" } });
      await t.apply({ id: freed, expect: { state: "blocked" }, set: { state: "waiting" } });
      await t.adapter.close();
      const again = await t.reopen();
      const stateOf = async () => (await again.get([id, other, freed])).map((job) => job?.state);
      same(await stateOf(), ["blocked", "blocked", "waiting"], "States changed while the store was closed.");
      const end = (which: string, state: string) =>
        again.cas([{ id: which, expect: { state: "waiting" }, set: { state } }], { now: T0 });
      await end(c, "failed");
      await end(b, "completed");
      same(await stateOf(), ["waiting", "blocked", "waiting"], "What was satisfied was forgotten.");
      await again.insert([t.job({ id: "main:none" })], { now: T0 });
      await end("main:none", "completed");
      same(await stateOf(), ["waiting", "waiting", "waiting"], "What a job waits for was forgotten.");
    },
  },
];

/** Completes the two jobs on which others depend by two handles at once, round after round. */
async function completeTogether(t: Trial, [one, other]: readonly [Adapter, Adapter]): Promise<void> {
  for (let round = 0; round < 40; round++) {
    const [a, b] = await t.addAll([{}, {}]);
    const ids = await t.addAll([after([a, b]), { ...after([b, a], "leave"), lane: "side" }]);
    const outcomes = await Promise.all([
      t.cas({ id: a, expect: { state: "waiting" }, set: { state: "completed" } }, T0, one),
      t.cas({ id: b, expect: { state: "waiting" }, set: { state: "completed" } }, T0, other),
    ]);
    for (const outcome of outcomes) status(outcome, "ok", "A job could not be completed.");
    // No later than the next poll of its lane.
    const jobs = await t.take({ lanes: ["main", "side"], limit: 9 });
    same(
      jobs.map((job) => job.id),
      ids,
      "Jobs were left blocked though all that they depend on have completed.",
    );
  }
}
