import fc from "fast-check";
import type { Case } from "../case.ts";
import { idsOf, same, sameIds } from "../check.ts";
import { MINUTE, SECOND, T0 } from "../time.ts";

/** P7: priority, then due time, then insertion. */
export const ordering: readonly Case[] = [
  {
    promise: "P7",
    scenarios: ["S39", "S66"],
    title: "takes the lowest priority number first, counted as numbers, and 512 where none is given",
    async run(t) {
      const priorities = [10, 2, 512, 9, 3, 511, 8, 4, 513, 7, 5, 6, 0, 4_294_967_295, 100];
      await t.addAll(priorities.map((priority) => ({ priority })));
      const found: number[] = [];
      for (let i = 0; i < priorities.length; i++) found.push((await t.claim()).priority);
      same(
        found,
        [...priorities].sort((a, b) => a - b),
        "Jobs taken one at a time are not in the order of priority.",
      );
    },
  },
  {
    promise: "P7",
    scenarios: ["S3"],
    title: "takes jobs of one priority by due time, and of one due time by insertion",
    async run(t) {
      const [late, early, first, second] = await t.addAll([
        { runAt: T0 - 1 },
        { runAt: T0 - SECOND },
        { runAt: T0 - MINUTE, id: "main:z" },
        { runAt: T0 - MINUTE, id: "main:a" },
      ]);
      sameIds(await t.take({ limit: 10 }), [first, second, early, late], "Due time or insertion order was not kept.");
    },
  },
  {
    promise: "P7",
    title: "keeps the insertion order of many jobs that are alike, whatever their ids",
    async run(t) {
      const names = Array.from({ length: 120 }, (_, i) => ({ id: `main:${(i * 7919) % 997}` }));
      const half = await t.addAll(names.slice(0, 60));
      const rest = await t.addAll(names.slice(60));
      const found = [...(await t.take({ limit: 50 })), ...(await t.take({ limit: 100 }))];
      sameIds(found, [...half, ...rest], "Jobs of the same priority and due time are not in insertion order.");
    },
  },
  {
    promise: "P7",
    scenarios: ["S88", "S67"],
    title: "takes an urgent job before older ones",
    async run(t) {
      const [a, b, c, urgent] = await t.addAll([{}, {}, {}, { priority: 10 }]);
      sameIds(await t.take({ limit: 4 }), [urgent, a, b, c], "A job that came later but is more urgent had to wait.");
    },
  },
  {
    promise: "P7",
    scenarios: ["S59", "S60", "S61", "S62", "S63"],
    title: "keeps each lane's own order while other lanes are full",
    async run(t) {
      const lanes = [
        ["lane1", 30],
        ["lane2", 50],
        ["lane3", 70],
      ] as const;
      const wishes = lanes.flatMap(([lane, count]) =>
        Array.from({ length: count }, (_, i) => ({ lane, priority: (i * 31) % 7 })),
      );
      const ids = await t.addAll(wishes.toSorted((a, b) => a.priority * 3 - b.priority * 5));
      same(ids.length, 150, "A job is missing.");
      for (const [lane, count] of lanes) {
        const { items } = await t.adapter.list({ lanes: [lane], order: "poll", limit: 200, now: T0 });
        const jobs = await t.take({ lanes: [lane], limit: 200 });
        same(jobs.length, count, `Lane ${lane} did not give all of its jobs.`);
        sameIds(jobs, idsOf(items), `Lane ${lane} is not polled in the order in which it is listed.`);
        const sorted = jobs.every((job, i) => i === 0 || (jobs[i - 1]?.priority ?? 0) <= job.priority);
        same(sorted, true, `Lane ${lane} is not in the order of priority.`);
        same(await t.take({ lanes: [lane], limit: 1 }), [], `Lane ${lane} is not empty after it was drained.`);
      }
    },
  },
  {
    promise: "P7",
    scenarios: ["S30"],
    title: "puts a job that was handed back where it was, before fresh ones",
    async run(t) {
      const [a, b, c, d] = await t.addAll([{}, {}, {}, {}]);
      const batch = await t.take({ limit: 3 });
      const e = await t.add({}, { now: T0 + 1 });
      for (const job of [batch[2], batch[0]]) {
        if (job)
          await t.apply({ id: job.id, expect: { token: job.token }, set: { state: "waiting", attempt: 0 } }, T0 + 2);
      }
      sameIds(await t.take({ limit: 9, now: T0 + 3 }), [a, c, d, e], "Returned jobs lost their places.");
      same((await t.read(b)).state, "active", "A job that is still held was disturbed.");
    },
  },
  {
    promise: "P7",
    scenarios: ["S109", "S81"],
    title: "orders a job that was put off by its new due time",
    async run(t) {
      const [a, b, c] = await t.addAll([{}, { runAt: T0 + 500 }, { runAt: T0 + 1500 }]);
      const held = await t.claim();
      await t.apply({ id: a, expect: { token: held.token }, set: { state: "waiting", delayMs: SECOND } });
      sameIds(await t.take({ limit: 9, now: T0 + MINUTE }), [b, a, c], "A job that was put off kept its old due time.");
    },
  },
  {
    promise: "P7",
    scenarios: ["S109"],
    title: "gives a requeued job a new place at the end",
    async run(t) {
      const [a, b, c] = await t.addAll([{}, {}, {}]);
      const held = await t.claim();
      await t.apply({ id: a, expect: { token: held.token }, set: { state: "waiting", requeue: true } });
      const d = await t.add();
      await t.apply({ id: b, expect: { state: "waiting" }, set: { requeue: true } });
      sameIds(await t.take({ limit: 9 }), [c, a, d, b], "A requeued job is not at the end of the order.");
    },
  },
  {
    promise: "P7",
    title: "moves a waiting job whose priority or due time is changed",
    async run(t) {
      const [a, b, c] = await t.addAll([{}, {}, {}]);
      await t.apply({ id: c, expect: { state: "waiting" }, set: { priority: 1 } });
      await t.apply({ id: b, expect: { state: "waiting" }, set: { runAt: T0 - MINUTE } });
      sameIds(await t.take({ limit: 9 }), [c, b, a], "Changing priority or due time did not move a job.");
    },
  },
  {
    promise: "P7",
    scenarios: ["S5", "S10"],
    title: "takes the job least recently changed in `touched` order: by insert, poll, cas or append",
    async run(t) {
      const custom = { state: "fetched" };
      const [a, b, c, d] = await t.addAll([custom, { ...custom, priority: 1 }, custom, custom]);
      await t.adapter.append([{ id: a, event: "touch" }], { now: T0 });
      await t.apply({ id: c, expect: { state: "fetched" }, set: { progress: 1 } });
      const request = { from: "fetched", to: "parsed", order: "touched" } as const;
      sameIds(await t.advance({ ...request, limit: 2 }), [b, d], "The least recently touched jobs do not come first.");
      const e = await t.add(custom);
      sameIds(
        await t.advance({ ...request, limit: 9 }),
        [a, c, e],
        "An append, a change or an insert did not touch a job.",
      );
      const back = { from: "parsed", to: "fetched", order: "touched", limit: 9 } as const;
      sameIds(await t.advance(back), [b, d, a, c, e], "Polls do not touch jobs in the order in which they take them.");
    },
  },
  {
    promise: "P7",
    title: "keeps the order of touching strictly within one call, also in the same millisecond",
    async run(t) {
      const ids = await t.addAll(Array.from({ length: 12 }, () => ({ state: "fetched" })));
      const shuffled = ids.toSorted(
        (x, y) => ((Number(x.split(":")[1]) * 5) % 13) - ((Number(y.split(":")[1]) * 5) % 13),
      );
      await t.adapter.append(
        shuffled.map((id) => ({ id, event: null })),
        { now: T0 },
      );
      const found = await t.advance({ from: "fetched", to: "parsed", order: "touched", limit: 20 });
      sameIds(found, shuffled, "Jobs that were touched in one call are not in the order of the call.");
    },
  },
  {
    promise: "P7",
    title: "changes neither order nor version nor `updatedAt` by renewing a lease",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      const outcome = await t.apply({ id, expect: { token: held.token }, set: { leaseMs: MINUTE } }, T0 + SECOND);
      same(outcome, { status: "ok", version: held.version }, "A renewal changed the version.");
      const lease = { ...held.lease, until: T0 + SECOND + MINUTE };
      same(await t.read(id), { ...held, lease }, "A renewal changed more than the end of the lease.");
    },
  },
  {
    promise: "P7",
    title: "takes any mixture of priorities and due times in order, in batches of any size",
    async run(t) {
      const wish = fc.record({ priority: fc.constantFrom(0, 1, 9, 10, 512, 4_294_967_295), ago: fc.nat(5) });
      const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 });
      let round = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 40 }), sizes, async (wishes, batches) => {
          round += 1;
          const lane = `round${round}`;
          const ids = await t.addAll(wishes.map(({ priority, ago }) => ({ lane, priority, runAt: T0 - ago })));
          const rows = wishes.map(({ priority, ago }, i) => ({ id: ids[i] ?? "", priority, ago, i }));
          rows.sort((x, y) => x.priority - y.priority || y.ago - x.ago || x.i - y.i);
          const found: string[] = [];
          for (const limit of [...batches, 100]) found.push(...idsOf(await t.take({ lanes: [lane], limit })));
          same(
            found,
            rows.map((row) => row.id),
            "The order is not priority, due time, insertion.",
          );
        }),
        { seed: t.seed, numRuns: 40 },
      );
    },
  },
];
