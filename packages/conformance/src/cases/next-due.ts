import type { PollRequest } from "@anyqueue/api";
import fc from "fast-check";
import type { Case } from "../case.ts";
import { holds, same } from "../check.ts";
import { HOUR, LEASE, MINUTE, SECOND, T0 } from "../time.ts";
import type { Trial } from "../trial.ts";

/** P10: until when a worker may sleep. */
export const nextDue: readonly Case[] = [
  {
    promise: "P10",
    title: "tells with each poll the store's time of it, from which to count until `nextDueAt`",
    async run(t) {
      await t.add({ runAt: T0 + 5000 });
      for (const now of [T0, T0 + 4999, T0 + 5000]) {
        same((await t.poll({ now, limit: 0 })).now, now, "A poll does not tell the time that it was made by.");
      }
      const found = await t.poll({ now: T0 + 5000, types: ["none"] });
      same(found.now, T0 + 5000, "A poll by type does not tell its time.");
      // Clocks differ: the store is compared with nothing but itself.
      const storeNow = async () => {
        const job = t.job();
        await t.adapter.insert([job]);
        return (await t.read(job.id)).insertedAt;
      };
      const before = await storeNow();
      const { now } = await t.adapter.poll({ lanes: ["main"], limit: 0 });
      const after = await storeNow();
      holds(before <= now && now <= after, "Without a time given, a poll does not go by the store's clock.");
    },
  },
  {
    promise: "P10",
    title: "answers null when the lanes hold nothing that could come due",
    async run(t) {
      const id = await t.add();
      await t.add({ lane: "side", delayMs: SECOND });
      await t.add({ state: "fetched", delayMs: SECOND });
      await t.apply({ id, expect: { state: "waiting" }, set: { state: "completed" } });
      same(await nextDueAt(t), null, "`nextDueAt` speaks of jobs that this poll can never find.");
    },
  },
  {
    promise: "P10",
    scenarios: ["S120"],
    title: "answers when the first delayed job is due, whatever its priority",
    async run(t) {
      await t.addAll([{ delayMs: HOUR, priority: 0 }, { delayMs: MINUTE, priority: 900 }, { delayMs: 2 * MINUTE }]);
      same(await nextDueAt(t), T0 + MINUTE, "`nextDueAt` is not when the first delayed job is due.");
      same(await nextDueAt(t, { lanes: ["side", "main"] }), T0 + MINUTE, "`nextDueAt` forgot one of several lanes.");
      const all = await t.adapter.poll({ limit: 5, lease: { ms: LEASE, holder: "ann" }, now: T0 });
      same(all.nextDueAt, T0 + MINUTE, "`nextDueAt` forgot a lane when none was named.");
    },
  },
  {
    promise: "P10",
    title: "answers when the first lease ends, renewed or shortened, also when it has ended already",
    async run(t) {
      const [id] = await t.addAll([{}, { delayMs: HOUR }]);
      const held = await t.claim();
      same(await nextDueAt(t), held.lease.until, "`nextDueAt` is not when the lease ends.");
      await t.apply({ id, expect: { token: held.token }, set: { leaseMs: MINUTE } });
      same(await nextDueAt(t), T0 + MINUTE, "`nextDueAt` is not when the renewed lease ends.");
      await t.apply({ id, expect: { token: held.token }, set: { leaseMs: SECOND } });
      same(await nextDueAt(t), T0 + SECOND, "`nextDueAt` is later than the end of a lease that was shortened.");
      const late = await nextDueAt(t, { now: T0 + MINUTE });
      holds(late !== null && late <= T0 + MINUTE, "`nextDueAt` passes over a lease that has ended.");
    },
  },
  {
    promise: "P10",
    title: "counts the leases that the poll itself gives",
    async run(t) {
      await t.add();
      const { nextDueAt: due } = await t.poll({ limit: 10, lease: { ms: 1234, holder: "ann" } });
      same(due, T0 + 1234, "`nextDueAt` does not know of the lease that the same poll gave.");
    },
  },
  {
    promise: "P10",
    title: "answers no later than now when the limit was reached, since more may be due",
    async run(t) {
      await t.addAll([{}, {}, {}, {}, { delayMs: HOUR }]);
      for (const limit of [1, 1]) {
        const due = await nextDueAt(t, { limit });
        holds(due !== null && due <= T0, "`nextDueAt` is in the future though jobs are due that the limit left out.");
      }
      const shares = await nextDueAt(t, { lanes: [{ lane: "main", limit: 1 }, "side"], limit: 5 });
      holds(shares !== null && shares <= T0, "`nextDueAt` is in the future though a lane's share left due jobs out.");
    },
  },
  {
    promise: "P10",
    title: "answers a poll for no job as any other: null, the first time ahead, or now",
    async run(t) {
      const none = { limit: 0 };
      same(await nextDueAt(t, none), null, "`nextDueAt` of a poll for no job of an unknown lane is not null.");
      await t.add({ state: "fetched" });
      same(await nextDueAt(t, none), null, "`nextDueAt` of a poll for no job of an empty lane is not null.");
      same((await t.adapter.poll({ limit: 0, now: T0 })).nextDueAt, null, "`nextDueAt` is not null for every lane.");
      await t.add({ delayMs: HOUR });
      same(await nextDueAt(t, none), T0 + HOUR, "`nextDueAt` of a poll for no job forgot one that is delayed.");
      await t.add();
      const due = await nextDueAt(t, none);
      holds(due !== null && due <= T0, "`nextDueAt` of a poll for no job forgot one that is due.");
      await t.adapter.configure("main", { paused: true });
      same(await nextDueAt(t, none), null, "`nextDueAt` of a poll for no job looks into a paused lane.");
    },
  },
  {
    promise: "P10",
    title: "follows a job that is put off, moved up or handed back",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      await t.apply({ id, expect: { token: held.token }, set: { state: "waiting", delayMs: MINUTE } });
      same(await nextDueAt(t), T0 + MINUTE, "`nextDueAt` did not follow a job that was put off.");
      await t.apply({ id, expect: { state: "waiting" }, set: { delayMs: SECOND } });
      same(await nextDueAt(t), T0 + SECOND, "`nextDueAt` did not follow a job that was moved up.");
      await t.apply({ id, expect: { state: "waiting" }, set: { cancel: true } });
      same(await nextDueAt(t), null, "`nextDueAt` still counts a job that was cancelled.");
    },
  },
  {
    promise: "P10",
    title: "counts jobs of the state that is polled from",
    async run(t) {
      await t.addAll([{ state: "fetched", delayMs: MINUTE }, { delayMs: SECOND }]);
      const due = await nextDueAt(t, { from: "fetched", to: "parsing" });
      same(due, T0 + MINUTE, "`nextDueAt` is not when the first job of the polled state is due.");
    },
  },
  {
    promise: "P10",
    title: "counts the leases but not the delayed jobs of a paused lane",
    async run(t) {
      await t.addAll([{}, { delayMs: SECOND }]);
      const { lease } = await t.claim();
      await t.adapter.configure("main", { paused: true });
      same(await nextDueAt(t), lease.until, "In a paused lane only the end of a lease is something to wake up for.");
    },
  },
  {
    promise: "P10",
    title: "is not later than the time at which a filtered poll could find something",
    async run(t) {
      await t.addAll([{ type: "a", delayMs: MINUTE }, { type: "b", delayMs: SECOND }, { type: "a" }]);
      await t.claim({ types: ["a"], lease: { ms: HOUR, holder: "ann" } });
      for (const [types, latest] of [
        [["a"], MINUTE],
        [["b"], SECOND],
      ] as const) {
        const due = await nextDueAt(t, { types });
        holds(due !== null && due <= T0 + latest, `\`nextDueAt\` is too late for a poll of the types ${types.join()}.`);
      }
    },
  },
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

async function nextDueAt(t: Trial, request: Partial<PollRequest> = {}): Promise<number | null> {
  return (await t.poll({ limit: 10, ...request })).nextDueAt;
}
