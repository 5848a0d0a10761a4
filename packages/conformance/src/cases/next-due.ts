import type { PollRequest } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, same, sameSet } from "../check.ts";
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
    title: "answers no later than now when what the poll itself moved, and nobody holds, can be found once more",
    async run(t) {
      const ids = await t.addAll([{ state: "fetched" }, { state: "fetched" }]);
      const request = { lanes: ["main"], from: "fetched", limit: 9, now: T0 };
      for (let round = 0; round < 2; round++) {
        const { jobs, nextDueAt: due } = await t.adapter.poll({ ...request, to: "fetched" });
        sameSet(jobs, ids, "A poll did not find what the one before left in the state that it takes from.");
        holds(due !== null && due <= T0, "`nextDueAt` passes over jobs that the same poll moved and gave to nobody.");
      }
      const moved = await t.adapter.poll({ ...request, to: "parsed" });
      same([moved.jobs.length, moved.nextDueAt], [2, null], "`nextDueAt` counts jobs that have moved on.");
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
];

/** What a poll says of when to look again. */
export async function nextDueAt(t: Trial, request: Partial<PollRequest> = {}): Promise<number | null> {
  return (await t.poll({ limit: 10, ...request })).nextDueAt;
}
