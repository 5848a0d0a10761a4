import type { Case } from "../case.ts";
import { same, sameIds } from "../check.ts";
import { T0 } from "../time.ts";
import { after, ends, states } from "./dependencies.ts";

/** P17, P18, P20: what it means for a job's log, line and key that it is blocked. */
export const blockedElsewhere: readonly Case[] = [
  {
    promise: "P20",
    title:
      'records in a lane with `history: "all"` that a job was blocked, released, or cancelled with what it depends on',
    async run(t) {
      await t.adapter.configure("side", { history: "all" });
      const [a, b] = await t.addAll([{}, {}]);
      const [released, cancelled] = await t.addAll([
        { ...after([a]), lane: "side" },
        { ...after([b]), lane: "side" },
      ]);
      await ends(t, a, "completed", T0 + 1);
      await ends(t, b, "failed", T0 + 2);
      const moved = { kind: "moved", from: "blocked" };
      for (const [id, at, to] of [
        [released, T0 + 1, "waiting"],
        [cancelled, T0 + 2, "cancelled"],
      ] as const) {
        const expected = [
          { id, at: T0, kind: "inserted", to: "blocked" },
          { ...moved, id, at, to },
        ];
        same(await t.log({ id }), expected, "The log of a job that was blocked is wrong.");
      }
    },
  },
  {
    promise: "P18",
    title: "lets a blocked job hold nobody up under its ordering key; released, it gets in line at its own place",
    async run(t) {
      const key = { orderingKey: "k" };
      const parent = await t.add();
      const [early, , last] = await t.addAll([{ ...after([parent]), ...key }, { ...key, priority: 900 }, key]);
      const [done, held] = await t.take({ limit: 9 });
      same([done?.id, held?.priority], [parent, 900], "A blocked job held its followers up.");
      if (done) await t.complete(done);
      same(await states(t, [early]), ["waiting"], "The job was not released.");
      sameIds(await t.take({ limit: 9 }), [], "A released job did not wait for the one that has the turn.");
      for (const id of [early, last]) {
        await ends(
          t,
          (await t.adapter.list({ states: ["active"], limit: 1, now: T0 })).items[0]?.id ?? "",
          "completed",
        );
        sameIds(await t.take({ limit: 9 }), [id], "A released job is not at its own place in the line.");
      }
    },
  },
  {
    promise: "P17",
    title: "lets a blocked job hold its unique key, and frees it when the job is cancelled with what it depends on",
    async run(t) {
      const parent = await t.add();
      for (const until of ["started", "finished"] as const) {
        const unique = { key: until, until };
        const id = await t.add({ ...after([parent]), unique });
        const [outcome] = await t.adapter.insert([t.job({ unique })], { now: T0 });
        same(outcome?.status === "existing" && outcome.id, id, "A blocked job does not hold its key.");
      }
      await ends(t, parent, "failed");
      await t.addAll([
        { unique: { key: "started", until: "started" } },
        { unique: { key: "finished", until: "finished" } },
      ]);
    },
  },
];
