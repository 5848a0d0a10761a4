import type { Case } from "../case.ts";
import { same, sameIds } from "../check.ts";
import { MINUTE, T0 } from "../time.ts";
import { after, ends, states } from "./dependencies.ts";

/** P20: what ends the wait of a blocked job, and where it goes then. */
export const blockedJobs: readonly Case[] = [
  {
    promise: "P20",
    title: "waits through the failed attempts of a job, and judges it when its attempts are used up",
    async run(t) {
      const store = await t.store();
      const parent = await t.add({ maxAttempts: 2, backoff: { type: "fixed", delayMs: 0 } });
      const id = await t.add(after([parent]));
      const first = await t.claim();
      await store.rescue({ limit: 9, now: first.lease.until });
      same(await states(t, [parent, id]), ["waiting", "blocked"], "A failed attempt was taken for the end.");
      const second = await t.claim({ now: first.lease.until });
      await store.rescue({ limit: 9, now: second.lease.until });
      same(await states(t, [parent, id]), ["failed", "cancelled"], "A job that failed for good was not judged.");
    },
  },
  {
    promise: "P20",
    title: "judges the end that a poll makes of a job as any other",
    async run(t) {
      const parent = await t.add({ state: "old" });
      const [id, other] = await t.addAll([after([parent]), { state: "old" }]);
      await t.add(after([other]));
      await t.advance({ from: "old", to: "completed" });
      sameIds(await t.take({ limit: 9 }), [id], "A job was not released by a poll that completed what it depends on.");
      await t.advance({ from: "old", to: "cancelled" });
      const [lane] = await t.adapter.lanes({ now: T0 });
      same(
        lane?.counts,
        { completed: 1, cancelled: 2, active: 1 },
        "A poll that cancelled a job left another blocked.",
      );
    },
  },
  {
    promise: "P20",
    title: "puts a released job where its priority, due time and insertion say, and keeps a delay of its own",
    async run(t) {
      const parent = await t.add({ priority: 0 });
      const [early, urgent] = await t.addAll([after([parent]), { ...after([parent]), priority: 1 }]);
      const [plain, delayed] = await t.addAll([{}, { ...after([parent]), delayMs: MINUTE }]);
      await t.complete(await t.claim(), null, T0 + 5);
      sameIds(
        await t.take({ limit: 9, now: T0 + MINUTE - 1 }),
        [urgent, early, plain],
        "A released job is out of place.",
      );
      sameIds(await t.take({ limit: 9, now: T0 + MINUTE }), [delayed], "A released job lost its own due time.");
    },
  },
  {
    promise: "P20",
    title: "cancels a blocked job at once, lets an operator free it by hand, and forgets it when it is removed",
    async run(t) {
      const parent = await t.add({ priority: 900 });
      const [cancelled, freed, removed, retried] = await t.addAll([
        after([parent]),
        after([parent]),
        after([parent]),
        after([parent]),
      ]);
      await t.apply({ id: cancelled, expect: { state: "blocked" }, set: { cancel: true } });
      await t.apply({ id: freed, expect: { state: "blocked" }, set: { state: "waiting" } });
      await t.adapter.remove({ ids: [removed] });
      await t.apply({ id: retried, expect: { state: "blocked" }, set: { priority: 1 } });
      same(
        await states(t, [cancelled, freed, retried]),
        ["cancelled", "waiting", "blocked"],
        "A change of it is wrong.",
      );
      sameIds(await t.take({ limit: 1 }), [freed], "A job that was freed by hand is not due.");
      await ends(t, parent, "failed");
      same(await states(t, [freed, retried]), ["active", "cancelled"], "What was freed by hand was judged once more.");
      await t.apply({ id: retried, expect: { state: "cancelled" }, set: { state: "waiting" } });
      sameIds(await t.take({ limit: 9 }), [retried], "A cancelled job that an operator retries waits again.");
    },
  },
  {
    promise: "P20",
    title: "takes nothing for a circle that leads through a job for which nobody has to wait any more",
    async run(t) {
      const first = t.job();
      const [parent] = await t.addAll([{}]);
      await t.adapter.insert([first], { now: T0 });
      const id = await t.add(after([first.id, parent], "leave"));
      await ends(t, first.id, "completed");
      await t.adapter.remove({ ids: [first.id] });
      const [outcome] = await t.adapter.insert([{ ...first, ...after([id], "leave") }], { now: T0 });
      same(outcome, { status: "added", id: first.id }, "A job was refused though it closes no circle.");
      same(await states(t, [id, first.id]), ["blocked", "blocked"], "A job does not wait for another one.");
      await ends(t, parent, "completed");
      await ends(t, id, "completed");
      sameIds(await t.take({ limit: 9 }), [first.id], "A job was not released.");
    },
  },
  {
    promise: "P26",
    title: "keeps nothing of jobs that are cancelled with what they depend on, by its end or removal, where it says so",
    async run(t) {
      await t.adapter.configure("side", { keep: { cancelled: false } });
      const [failed, removed] = await t.addAll([{}, {}]);
      const side = { lane: "side" };
      const [one, two] = await t.addAll([
        { ...after([failed]), ...side },
        { ...after([removed]), ...side },
      ]);
      const last = await t.add({ ...after([two]), ...side });
      const kept = await t.add(after([removed]));
      await ends(t, failed, "failed");
      await t.adapter.remove({ ids: [removed] });
      same(
        await states(t, [one, two, last, kept]),
        [null, null, null, "cancelled"],
        "Not just the jobs were dropped that their lane does not keep.",
      );
    },
  },
];
