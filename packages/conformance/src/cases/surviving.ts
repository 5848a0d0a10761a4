import type { Adapter } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same, sameIds, status } from "../check.ts";
import { durable } from "../needs.ts";
import { wholeLog } from "../read-log.ts";
import { LEASE, MINUTE, SECOND, T0 } from "../time.ts";

/** P1: what is still there after a close and another open. */
export const surviving: readonly Case[] = [
  {
    promise: "P1",
    scenarios: ["S15", "S72"],
    title: "keeps every job, as it was, over a close and another open",
    needs: durable,
    async run(t) {
      const ids = await t.addAll([
        { priority: 9, payload: { text: "naïve 😀", n: 1.5 }, group: "g" },
        { priority: 1, runAt: T0 - SECOND, progress: [1, 2] },
        {
          lane: "side",
          type: "mail.send",
          state: "fetched",
          maxAttempts: 7,
          backoff: { type: "linear", delayMs: 3000 },
        },
        { delayMs: MINUTE },
      ]);
      await t.claim({ lanes: ["side"], from: "fetched", to: "parsing" });
      const before = await t.adapter.get(ids);
      await t.adapter.close();
      const again = await t.reopen();
      same(await again.get(ids), before, "Jobs changed, or were lost, while the store was closed.");
    },
  },
  {
    promise: "P1",
    scenarios: ["S72"],
    title: "keeps the order of jobs over a close and another open",
    needs: durable,
    async run(t) {
      const [one, two, urgent, three] = await t.addAll([{}, {}, { priority: 3 }, {}]);
      await t.adapter.close();
      const again = await t.reopen();
      const late = t.job();
      await again.insert([late], { now: T0 });
      const jobs = await t.take({ limit: 10 }, again);
      sameIds(
        jobs,
        [urgent, one, two, three, late.id],
        "A job that was added after the store was opened again is out of place.",
      );
    },
  },
  {
    promise: "P1",
    scenarios: ["S115"],
    title:
      "keeps leases over a close and another open, so the job is not handed out twice and comes back when they end",
    needs: durable,
    async run(t) {
      const [first, second] = await t.addAll([{}, {}]);
      const held = await t.claim();
      await t.adapter.close();
      const again = await t.reopen();
      const found = await t.take({ limit: 10, now: T0 + 1 }, again);
      sameIds(found, [second], "The lease of a job was forgotten while the store was closed.");
      const rescued = await t.rescue(held.lease.until, "rescuer", again);
      same(rescued.id, first, "A job whose lease ended did not come back after the store was opened again.");
    },
  },
  {
    promise: "P1",
    title: "lets a holder complete its job after the store was closed and opened again",
    needs: durable,
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      await t.adapter.close();
      const again = await t.reopen();
      const change = { id, expect: { token: held.token }, set: { state: "completed", result: { ok: true } } };
      status(
        await t.cas(change, T0 + LEASE - 1, again),
        "ok",
        "A living lease was refused after the store was opened again.",
      );
      same((await t.read(id, again)).result, { ok: true }, "The result of a completed job is missing.");
    },
  },
  {
    promise: "P1",
    title: "keeps results, errors, logs and lane settings over a close and another open",
    needs: durable,
    async run(t) {
      await t.adapter.configure("main", { paused: true, keep: { completed: 5000 }, history: "all" });
      await t.adapter.configure("main", { paused: null });
      const [done, failed] = await t.addAll([{}, {}]);
      await t.complete(await t.claim(), [false, null]);
      const held = await t.claim();
      const error = { message: "broke", code: "E_BROKE", attempt: 1, at: T0 };
      await t.apply({ id: failed, expect: { token: held.token }, set: { state: "failed", error }, event: { note: 1 } });
      const ids = [done, failed];
      const keptIn = async (adapter: Adapter) => [
        await adapter.get(ids),
        // Not the page: where to go on from may change with what others do meanwhile.
        await wholeLog(adapter),
        await adapter.lanes({ now: T0 }),
      ];
      const before = await keptIn(t.adapter);
      await t.adapter.close();
      const after = await keptIn(await t.reopen());
      same(after, before, "Finished jobs, their logs or the lane's settings changed while the store was closed.");
    },
  },
];
