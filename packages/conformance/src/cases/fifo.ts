import { FIFO_KEY } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same, sameIds, sameSet } from "../check.ts";
import { durable } from "../needs.ts";
import { HOUR, T0 } from "../time.ts";
import { finds, inTurn } from "./ordering-keys.ts";

/** P18: lanes in strict order of insertion. */
export const fifo: readonly Case[] = [
  {
    promise: "P18",
    scenarios: ["S109", "S112"],
    title: "runs the jobs of a `fifo` lane one after another: the next one comes when one ends or is requeued",
    async run(t) {
      await t.adapter.configure("main", { order: "fifo" });
      const [a, b, c] = await t.addAll([{ priority: 900 }, { runAt: T0 - HOUR }, { priority: 0 }]);
      const first = await t.claim({ limit: 9 });
      same(first.id, a, "Not the first job of the lane was given.");
      await finds(t, []);
      await t.complete(first);
      const second = await t.claim({ limit: 9 });
      same(second.id, b, "Not the next job of the lane was given.");
      await t.apply({ id: b, expect: { token: second.token }, set: { state: "waiting", requeue: true } });
      await inTurn(t, [c, b]);
      const alone = await t.add();
      const held = await t.claim();
      await t.apply({ id: alone, expect: { token: held.token }, set: { state: "waiting", requeue: true } });
      await inTurn(t, [alone]);
    },
  },
  {
    promise: "P18",
    title: "gives inserted and spawned jobs of a `fifo` lane a common key, and leaves those that have one of their own",
    async run(t) {
      await t.adapter.configure("main", { order: "fifo" });
      const [plain, keyed, side] = await t.addAll([{}, { orderingKey: "own" }, { lane: "side" }]);
      const child = t.job();
      await t.apply({ id: side, expect: { state: "waiting" }, set: { state: "completed" }, spawn: [child] });
      const jobs = await t.adapter.get([plain, keyed, side, child.id]);
      const keys = jobs.map((job) => job?.orderingKey);
      same(keys, [FIFO_KEY, "own", undefined, FIFO_KEY], "Jobs do not show the right ordering keys.");
      sameSet(await t.take({ limit: 9 }), [plain, keyed], "Jobs of two keys held each other up.");
    },
  },
  {
    promise: "P18",
    title: "orders jobs from when the lane became `fifo`, until it is no more, and touches none that are there",
    async run(t) {
      const [before] = await t.addAll([{ delayMs: HOUR }, {}]);
      await t.adapter.configure("main", { order: "fifo" });
      const [one] = await t.addAll([{ priority: 1 }, { priority: 0 }]);
      await t.adapter.configure("main", { order: "priority" });
      const later = await t.add({ priority: 2 });
      const jobs = await t.take({ limit: 9 });
      same(
        jobs.map((job) => job.orderingKey),
        [FIFO_KEY, undefined, undefined],
        "The order of a lane holds for others.",
      );
      sameIds(jobs.slice(0, 2), [one, later], "A lane's order was not heard when the job was inserted.");
      same("orderingKey" in (await t.read(before)), false, "Configuring a lane changed a job.");
    },
  },
  {
    promise: "P18",
    scenarios: ["S115"],
    title: "gives the job of a holder that died first, after the store was closed and opened again",
    needs: durable,
    async run(t) {
      await t.adapter.configure("main", { order: "fifo" });
      const [first, second] = await t.addAll([{ backoff: { type: "fixed", delayMs: 0 } }, {}]);
      const { lease } = await t.claim();
      await t.adapter.close();
      const again = await t.reopen();
      const store = await t.store(again);
      await store.rescue({ limit: 9, now: lease.until });
      for (const id of [first, second]) {
        const held = await t.claim({ limit: 9, now: lease.until }, again);
        same(held.id, id, "The job of a dead holder is not the first one.");
        await again.cas([{ id, expect: { token: held.token }, set: { state: "completed" } }], { now: lease.until });
      }
    },
  },
];
