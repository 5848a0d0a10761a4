import type { Case } from "../case.ts";
import { same, sameIds, status } from "../check.ts";
import { shared } from "../needs.ts";
import { LEASE, SECOND, T0 } from "../time.ts";

/** P19: paused lanes, and the settings of a lane. */
export const pausing: readonly Case[] = [
  {
    promise: "P19",
    title: "finds nothing in a paused lane, however it is asked, while inserts go on and other lanes run",
    async run(t) {
      const [a, b, custom] = await t.addAll([{}, { lane: "side" }, { state: "fetched" }]);
      await t.adapter.configure("main", { paused: true });
      const c = await t.add();
      same(await t.take({ limit: 9 }), [], "A paused lane gave a job.");
      same(await t.take({ ids: [a, c], limit: 9 }), [], "A paused lane gave a job that was asked for by id.");
      same(await t.advance({ from: "fetched", to: "x", limit: 9 }), [], "A paused lane gave a job of a custom state.");
      const all = await t.adapter.poll({ limit: 9, lease: { ms: LEASE, holder: "ann" }, now: T0 });
      sameIds(all.jobs, [b], "A poll of every lane did not pass over just the paused one.");
      await t.adapter.configure("main", { paused: false });
      sameIds(await t.take({ limit: 9 }), [a, c], "A lane that goes on does not give its jobs in order.");
      sameIds(await t.advance({ from: "fetched", to: "x" }), [custom], "A job of a custom state was lost.");
    },
  },
  {
    promise: "P19",
    title: "lets holders finish, renew and cancel in a paused lane",
    async run(t) {
      const [a, b, c] = await t.addAll([{}, {}, {}]);
      const first = await t.claim();
      const second = await t.claim();
      await t.adapter.configure("main", { paused: true });
      status(await t.complete(first, "done"), "ok", "A paused lane did not let a holder complete its job.");
      const renew = { id: b, expect: { token: second.token }, set: { leaseMs: LEASE + SECOND } };
      status(await t.cas(renew), "ok", "A paused lane did not let a holder renew its lease.");
      const cancel = { id: c, expect: { state: "waiting" }, set: { cancel: true as const } };
      status(await t.cas(cancel), "ok", "A paused lane did not let a job be cancelled.");
      same((await t.read(a)).result, "done", "The result is missing.");
    },
  },
  {
    promise: "P15",
    title: "takes jobs over in a paused lane as well",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      await t.adapter.configure("main", { paused: true });
      same((await t.rescue(held.lease.until)).id, id, "In a paused lane an ended lease is never settled.");
    },
  },
  {
    promise: "P19",
    title: "binds every handle as soon as `configure` has returned",
    needs: shared,
    async run(t) {
      await t.add();
      const another = await t.reopen();
      same((await t.take({ ids: ["main:none"] }, another)).length, 0, "There is no such job.");
      await t.adapter.configure("main", { paused: true });
      same(await t.take({}, another), [], "Another handle polled a lane after it was paused.");
      await another.configure("main", { paused: null });
      same((await t.take()).length, 1, "A lane that another handle let go on is still paused.");
    },
  },
  {
    promise: "P19",
    title: "keeps the settings that `configure` does not name, and resets with null",
    async run(t) {
      const settingsOf = async (lane: string) =>
        (await t.adapter.lanes({ now: T0 })).find((status) => status.lane === lane)?.settings;
      await t.adapter.configure("main", { paused: true, history: "all" });
      await t.adapter.configure("side", { keep: { completed: 1000, failed: false } });
      await t.adapter.configure("main", { keep: { cancelled: 5 } });
      same(await settingsOf("main"), { paused: true, history: "all", keep: { cancelled: 5 } }, "A setting was lost.");
      await t.adapter.configure("main", { paused: null, keep: null });
      same(await settingsOf("main"), { history: "all" }, "`null` did not reset a setting, or reset another one.");
      same(await settingsOf("side"), { keep: { completed: 1000, failed: false } }, "Another lane's settings changed.");
      await t.adapter.configure("main", {});
      await t.adapter.configure("main", { history: null });
      same(await settingsOf("main"), {}, "Settings that were reset are not absent.");
    },
  },
  {
    promise: "P19",
    title: "can configure a lane before its first job, and touches no job by configuring",
    async run(t) {
      await t.adapter.configure("main", { paused: true });
      const id = await t.add();
      same(await t.take(), [], "A lane that was paused before its first job gave a job.");
      const before = await t.read(id);
      await t.adapter.configure("main", { paused: false });
      same(await t.read(id), before, "Configuring a lane changed a job.");
      sameIds(await t.take(), [id], "A lane that goes on does not give its job.");
    },
  },
];
