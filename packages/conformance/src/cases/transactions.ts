import type { Case } from "../case.ts";
import { same, sameIds, status } from "../check.ts";
import { Listener, settle } from "../hints.ts";
import { transactional, transactionalAndShared } from "../needs.ts";
import { T0 } from "../time.ts";

/** P5: verbs that join the caller's transaction. */
export const transactions: readonly Case[] = [
  {
    promise: "P5",
    scenarios: ["S48", "S54"],
    title: "shows what was done in the caller's transaction once it commits",
    needs: transactional,
    async run(t) {
      const [parent] = await t.addAll([{}]);
      const held = await t.claim();
      const job = t.job({ payload: { a: 1 } });
      await t.transaction(async (tx) => {
        const at = { now: T0, tx };
        same(
          await t.adapter.insert([job], at),
          [{ status: "added", id: job.id }],
          "An insert in a transaction failed.",
        );
        const change = { id: parent, expect: { token: held.token }, set: { state: "completed", result: 1 } };
        same(
          (await t.adapter.cas([change], at)).map((each) => each.status),
          ["ok"],
          "A change in a transaction failed.",
        );
        const entries = [
          { id: parent, event: "done" },
          { id: job.id, event: "new" },
        ];
        same(
          await t.adapter.append(entries, at),
          [{ status: "ok" }, { status: "ok" }],
          "An event in a transaction failed.",
        );
      });
      same((await t.read(parent)).state, "completed", "A change was lost at the commit.");
      sameIds(await t.take({ limit: 9 }), [job.id], "A job was lost at the commit.");
      same((await t.log()).length, 2, "An event was lost at the commit.");
    },
  },
  {
    promise: "P5",
    scenarios: ["S48", "S95", "S113"],
    title: "leaves nothing behind of what was done in a transaction that is rolled back",
    needs: transactional,
    async run(t) {
      const parent = await t.add();
      const held = await t.claim();
      const before = await t.read(parent);
      const [one, two] = [t.job(), t.job({ lane: "side" })];
      const rollback = new Error("roll back");
      const failed = await t
        .transaction(async (tx) => {
          const at = { now: T0, tx };
          await t.adapter.insert([one], at);
          const change = { id: parent, expect: { token: held.token }, set: { state: "completed" }, spawn: [two] };
          await t.adapter.cas([change], at);
          await t.adapter.append([{ id: parent, event: "no" }], at);
          throw rollback;
        })
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      same(failed, rollback, "The fixture did not pass on the error that rolls back.");
      const found = await t.adapter.get([parent, one.id, two.id]);
      same(found, [before, null, null], "A transaction that was rolled back left something behind.");
      same(await t.log(), [], "An event outlived the rollback of its transaction.");
      status(await t.complete(held), "ok", "A holder cannot complete its job after a rollback.");
      same(await t.take({ limit: 9 }), [], "A job outlived the rollback of its transaction.");
      await t.adapter.insert([one], { now: T0 });
      sameIds(await t.take({ limit: 9 }), [one.id], "A job cannot be added after its first insert was rolled back.");
    },
  },
  {
    promise: "P5",
    title: "shows other handles nothing before the commit",
    needs: transactionalAndShared,
    async run(t) {
      const another = await t.reopen();
      const job = t.job();
      await t.transaction(async (tx) => {
        await t.adapter.insert([job], { now: T0, tx });
        same(await another.get([job.id]), [null], "Another handle sees a job that is not committed.");
        const { items } = await another.list({ limit: 9, now: T0 });
        same(items, [], "Another handle lists a job that is not committed.");
      });
      same((await t.read(job.id, another)).state, "waiting", "Another handle does not see a job that was committed.");
    },
  },
  {
    promise: "P5",
    scenarios: ["S54"],
    title: "wakes nobody before the commit, and nobody after a rollback",
    needs: transactional,
    async run(t) {
      const listener = await new Listener().listen(t.adapter);
      await t
        .transaction(async (tx) => {
          await t.adapter.insert([t.job({ lane: "rolled-back" })], { now: T0, tx });
          await settle();
          same(listener.heard, [], "A hint came before the commit.");
          throw new Error("roll back");
        })
        .catch(() => {});
      await t.transaction(async (tx) => {
        await t.adapter.insert([t.job({ lane: "committed" })], { now: T0, tx });
        await settle();
        same(listener.heard, [], "A hint came before the commit.");
      });
      await t.add({ lane: "end" });
      await listener.hears({ lane: "end" }, "An insert gave no hint.");
      const lanes = listener.heard.flatMap((hint) => ("lane" in hint ? [hint.lane] : []));
      same(lanes.includes("rolled-back"), false, "A hint came of a transaction that was rolled back.");
      listener.stop();
    },
  },
];
