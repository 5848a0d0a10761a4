import fc from "fast-check";
import type { Case } from "../case.ts";
import { holds, same } from "../check.ts";
import { HOUR, LEASE, MINUTE, SECOND, T0 } from "../time.ts";
import { nextDueAt } from "./next-due.ts";

/** P10: until when a worker may sleep when other jobs or limits hold some up, and that it misses nothing by it. */
export const nextDueHeldUp: readonly Case[] = [
  {
    promise: "P10",
    title: "does not count jobs that wait for a lane's concurrency, for their turn, or for what they depend on",
    async run(t) {
      const parent = await t.add({ lane: "far", delayMs: HOUR });
      await t.addAll([
        { dependsOn: [parent], onParent: "cancel" },
        { orderingKey: "k", state: "fetched" },
      ]);
      await t.addAll([{ orderingKey: "k" }, { orderingKey: "k", delayMs: SECOND }]);
      same(await nextDueAt(t), null, "`nextDueAt` counts jobs that wait for others.");
      same(
        await nextDueAt(t, { limit: 0 }),
        null,
        "`nextDueAt` of a poll for no job counts jobs that wait for others.",
      );
      await t.adapter.configure("side", { concurrency: 2 });
      await t.addAll([{ lane: "side" }, { lane: "side" }, { lane: "side" }]);
      for (let i = 0; i < 2; i++) {
        same(await nextDueAt(t, { lanes: ["side"] }), T0 + LEASE, "`nextDueAt` counts jobs that wait for a free slot.");
      }
    },
  },
  {
    promise: "P10",
    title: "answers now when a poll reached its limit and more is due, whatever another lane of it is limited to",
    async run(t) {
      await t.adapter.configure("far", { concurrency: 2 });
      await t.addAll([{}, {}, {}, {}]);
      for (const lanes of [undefined, ["main"], ["far", "main"]]) {
        same(await nextDueAt(t, { limit: 1, ...(lanes && { lanes }) }), T0, "`nextDueAt` forgets that jobs are left.");
      }
    },
  },
  {
    promise: "P10",
    title: "answers when a lane's rate allows the next start if a job waits for it, and else as without a rate",
    async run(t) {
      await t.adapter.configure("main", { rate: { limit: 1, periodMs: MINUTE } });
      const lease = { ms: HOUR, holder: "ann" };
      await t.add({ delayMs: SECOND });
      same(await nextDueAt(t, { lease }), T0 + SECOND, "`nextDueAt` is not when the first delayed job is due.");
      const ids = await t.addAll([{}, {}]);
      same(
        await nextDueAt(t, { lease, types: ["none"] }).then((due) => due !== null && due <= T0 + SECOND),
        true,
        "Too late.",
      );
      const early = (await nextDueAt(t, { lease, now: T0 + 10 })) ?? 0;
      holds(early > T0 + 10 && early <= T0 + 10 + MINUTE, "`nextDueAt` is now, or later than the next start.");
      same(await nextDueAt(t, { lease, now: T0 + 2 * SECOND }), T0 + 10 + MINUTE, "It is not when the next may start.");
      same(
        await nextDueAt(t, { lease, limit: 0, now: T0 + 3 * SECOND }),
        T0 + 10 + MINUTE,
        "It is not when the next may start.",
      );
      const [, second] = ids;
      await t.adapter.remove({ ids: [second] });
      const { jobs } = await t.poll({ lease, limit: 9, now: T0 + 10 + MINUTE });
      same(jobs.length, 1, "At the time that `nextDueAt` told, no job could start.");
      same(
        await nextDueAt(t, { lease, now: T0 + 10 + MINUTE }),
        T0 + 10 + HOUR,
        "`nextDueAt` counts starts that nobody waits for.",
      );
    },
  },
  {
    promise: "P10",
    title: "answers no later than now when the poll itself let other jobs go on, by finishing what held them up",
    async run(t) {
      const [, parent] = await t.addAll([{ state: "old", orderingKey: "k" }, {}, { state: "old", orderingKey: "k" }]);
      await t.add({ dependsOn: [parent], onParent: "cancel" });
      for (const request of [{ from: "old", to: "completed" }, { to: "completed" }]) {
        const { jobs, nextDueAt: due } = await t.adapter.poll({ lanes: ["main"], limit: 9, now: T0, ...request });
        same(jobs.length, 1, "Not just the job that held the other one up was due.");
        holds(due !== null && due <= T0, "`nextDueAt` passes over jobs that the same poll let go on.");
        same(
          (await t.adapter.poll({ lanes: ["main"], limit: 9, now: T0, ...request })).jobs.length,
          1,
          "They cannot go on.",
        );
      }
    },
  },
  {
    promise: "P10",
    title: "lets a worker that sleeps until `nextDueAt` miss nothing",
    async run(t) {
      const wish = fc.record({ delay: fc.nat(50), priority: fc.nat(3) });
      let round = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 12 }), async (wishes) => {
          round += 1;
          const lanes = [`round${round}`];
          const ids = await t.addAll(
            wishes.map(({ delay, priority }) => ({ lane: `round${round}`, priority, runAt: T0 + delay })),
          );
          const dueAt = new Map(ids.map((id, i) => [id, T0 + (wishes[i]?.delay ?? 0)]));
          const found: string[] = [];
          let now = T0;
          for (let wakes = 0; found.length < ids.length && wakes < 60; wakes++) {
            const result = await t.poll({ lanes, limit: 5, lease: { ms: HOUR, holder: "ann" }, now });
            for (const job of result.jobs) {
              holds((dueAt.get(job.id) ?? 0) <= now, "A job was found before it was due.");
              found.push(job.id);
            }
            now = Math.max(result.nextDueAt ?? now, now);
          }
          same(found.length, ids.length, "A worker that slept until `nextDueAt` did not find every job.");
        }),
        { seed: t.seed, numRuns: 30 },
      );
    },
  },
];
