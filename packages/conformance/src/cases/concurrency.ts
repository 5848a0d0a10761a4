import type { Adapter, PollRequest } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, idsOf, same, sameIds } from "../check.ts";
import { durable, shared } from "../needs.ts";
import { HOUR, LEASE, MINUTE, T0 } from "../time.ts";
import type { Trial } from "../trial.ts";

/** P19: how many leases of a lane may be open at once. */
export const concurrency: readonly Case[] = [
  {
    promise: "P19",
    title:
      "leases no more jobs of a lane at once than its `concurrency` says, in one poll or many, the first ones first",
    async run(t) {
      await t.adapter.configure("main", { concurrency: 3 });
      const [a, b, urgent, c, d] = await t.addAll([{}, {}, { priority: 1 }, {}, {}]);
      const first = await t.claim();
      same(first.id, urgent, "A limit changed the order.");
      sameIds(await t.take({ limit: 9 }), [a, b], "A poll did not take just what the lane's concurrency leaves.");
      sameIds(await t.take({ limit: 9 }), [], "A lane gave more jobs than its concurrency says.");
      await t.complete(first);
      sameIds(await t.take({ limit: 9 }), [c], "A slot that became free was not given again.");
      await t.adapter.configure("main", { concurrency: null });
      sameIds(await t.take({ limit: 9 }), [d], "A limit that was reset still holds.");
    },
  },
  {
    promise: "P19",
    title: "keeps to the lane's concurrency however it is asked: by id, by type, by predicate, from a custom state",
    async run(t) {
      await t.adapter.configure("main", { concurrency: 1 });
      const [a, b, c] = await t.addAll([{ type: "a" }, { type: "b", payload: 1 }, { state: "fetched" }]);
      const requests: Partial<PollRequest>[] = [
        { ids: [a, b] },
        { types: ["a", "b"] },
        { where: { lane: { eq: "main" } } },
        { from: "fetched", to: "parsing" },
        { lanes: ["main", { lane: "main", limit: 5 }, "main"] },
      ];
      for (const request of requests) {
        const jobs = await t.take({ ...request, limit: 9 });
        same(jobs.length, 1, `Not one job was given: ${JSON.stringify(request)}.`);
        for (const other of requests)
          same(await t.take({ ...other, limit: 9 }), [], `Given: ${JSON.stringify(other)}.`);
        const [job] = jobs;
        if (job)
          await t.apply({
            id: job.id,
            expect: { token: job.token },
            set: { state: job.id === c ? "fetched" : "waiting" },
          });
      }
    },
  },
  {
    promise: "P19",
    title: "counts a lease until it is settled, also when it has ended and when a rescuer has taken it over",
    async run(t) {
      const store = await t.store();
      await t.adapter.configure("main", { concurrency: 1 });
      const [a] = await t.addAll([{ backoff: { type: "fixed", delayMs: HOUR } }, {}]);
      const { lease } = await t.claim();
      sameIds(await t.take({ limit: 9, now: lease.until + 1 }), [], "A lease that has ended is not counted.");
      const rescued = await t.rescue(lease.until + 1);
      same(rescued.id, a, "A limit kept a rescuer out.");
      sameIds(await t.take({ limit: 9, now: lease.until + 1 }), [], "A rescuer's lease is not counted.");
      await store.rescue({ limit: 9, now: rescued.lease.until });
      same(
        (await t.take({ limit: 9, now: rescued.lease.until })).length,
        1,
        "A lease that was settled is still counted.",
      );
    },
  },
  {
    promise: "P19",
    title: "does not limit how many ended leases are taken over",
    async run(t) {
      const ids = await t.addAll([{}, {}, {}]);
      await t.take({ limit: 2 });
      await t.adapter.configure("main", { concurrency: 1 });
      const now = T0 + LEASE;
      const { jobs, expired } = await t.poll({ limit: 9, expired: 9, now });
      same([jobs, idsOf(expired).sort()], [[], ids.slice(0, 2).sort()], "A limit kept jobs from being taken over.");
      const [first, second] = expired;
      if (first) await t.complete(first, null, now);
      sameIds(
        await t.take({ limit: 9, now }),
        [],
        "A lane gave a job while as many were held as its concurrency says.",
      );
      if (second) await t.complete(second, null, now);
      same((await t.take({ limit: 9, now })).length, 1, "A slot that became free was not given again.");
    },
  },
  {
    promise: "P19",
    title: "frees the slot of a job that ends, goes back or is removed, and not of one that goes on within its lease",
    async run(t) {
      await t.adapter.configure("main", { concurrency: 1 });
      await t.addAll(Array.from({ length: 5 }, () => ({})));
      for (const set of [
        { state: "completed" },
        { state: "failed" },
        { state: "waiting", delayMs: HOUR },
        { state: "fetched" },
      ]) {
        const { id, token } = await t.claim();
        const expect = { token };
        await t.apply({ id, expect, set: { state: "indexing", leaseMs: MINUTE } });
        await t.apply({ id, expect, set: { progress: 1 } });
        sameIds(await t.take({ limit: 9 }), [], "A job that goes on within its lease gave up its slot.");
        await t.apply({ id, expect, set });
      }
      const { id } = await t.claim();
      await t.adapter.remove({ ids: [id] });
      await t.add();
      same((await t.take({ limit: 9 })).length, 1, "A removed job kept its slot.");
    },
  },
  {
    promise: "P19",
    title:
      "frees the slot of a job that is cancelled: when its holder settles it or gives it back, or its lease has ended",
    async run(t) {
      await t.adapter.configure("main", { concurrency: 1 });
      for (const state of ["cancelled", "waiting", null]) {
        const [id, next] = await t.addAll([{}, {}]);
        const held = await t.claim();
        const now = state === null ? held.lease.until : T0;
        await t.apply({ id, expect: { state: "active" }, set: { cancel: true } }, now);
        if (state !== null) {
          sameIds(await t.take({ limit: 9 }), [], "A job that was asked to stop lost its slot.");
          await t.apply({ id, expect: { token: held.token }, set: { state } });
        }
        same((await t.read(id)).state, "cancelled", "A job that was asked to stop was not cancelled.");
        const follower = await t.claim({ limit: 9, now });
        same(follower.id, next, "A cancelled job kept its slot.");
        await t.complete(follower, null, now);
      }
    },
  },
  {
    promise: "P19",
    title: "limits just the lane that has the limit, and goes on with the next one of a poll",
    async run(t) {
      await t.adapter.configure("main", { concurrency: 1 });
      const side = { lane: "side" };
      const [a, , x, y, z] = await t.addAll([{}, {}, side, side, side]);
      sameIds(await t.take({ lanes: ["main", "side"], limit: 3 }), [a, x, y], "A lane's limit counts for another one.");
      const all = await t.adapter.poll({ limit: 9, lease: { ms: LEASE, holder: "ann" }, now: T0 });
      sameIds(all.jobs, [z], "A poll of every lane did not keep to the limit of one.");
    },
  },
  {
    promise: "P19",
    title: "binds by the concurrency as it is now: lowered it takes no lease away, raised it lets more begin",
    async run(t) {
      await t.addAll(Array.from({ length: 6 }, () => ({})));
      const jobs = await t.take({ limit: 3 });
      await t.adapter.configure("main", { concurrency: 2 });
      for (const job of jobs) {
        same(
          await t.take({ limit: 9 }).then((more) => more.length),
          jobs.indexOf(job) === 2 ? 1 : 0,
          "The limit is not kept.",
        );
        same((await t.complete(job)).status, "ok", "A lowered limit took a lease away.");
      }
      await t.adapter.configure("main", { concurrency: 3, paused: true });
      sameIds(await t.take({ limit: 9 }), [], "A lane with a limit gave jobs though it is paused.");
      await t.adapter.configure("main", { paused: null });
      same((await t.take({ limit: 9 })).length, 2, "A limit that was raised is not kept.");
    },
  },
  {
    promise: "P19",
    title: "gives no slot to jobs that wait for their turn under an ordering key",
    async run(t) {
      await t.adapter.configure("main", { concurrency: 2 });
      const [head, , other] = await t.addAll([
        { orderingKey: "k", priority: 1 },
        { orderingKey: "k", priority: 1 },
        {},
        {},
      ]);
      sameIds(await t.take({ limit: 9 }), [head, other], "A slot was given to a job whose turn it is not.");
    },
  },
  {
    promise: "P19",
    title: "never has more jobs held at once than the lane's concurrency says when ten polls come at the same time",
    async run(t) {
      await pollTogether(t, Array<Adapter>(10).fill(t.adapter));
    },
  },
  {
    promise: "P19",
    title: "never has more jobs held at once than the lane's concurrency says when ten polls come from several handles",
    needs: shared,
    async run(t) {
      const handles = [t.adapter, await t.reopen(), await t.reopen(), await t.reopen(), await t.reopen()];
      await pollTogether(t, [...handles, ...handles]);
    },
  },
  {
    promise: "P19",
    title: "counts the leases that were open when the store was closed",
    needs: durable,
    async run(t) {
      await t.adapter.configure("main", { concurrency: 2 });
      await t.addAll([{}, {}, {}, {}]);
      const held = await t.claim();
      await t.adapter.close();
      const again = await t.reopen();
      same((await t.take({ limit: 9 }, again)).length, 1, "Open leases were forgotten while the store was closed.");
      await again.cas([{ id: held.id, expect: { token: held.token }, set: { state: "completed" } }], { now: T0 });
      same((await t.take({ limit: 9 }, again)).length, 1, "A slot that became free was not given again.");
    },
  },
];

/** Polls by each of these handles at once, again and again, and completes what was found, until nothing is left. */
async function pollTogether(t: Trial, pollers: readonly Adapter[]): Promise<void> {
  const most = 4;
  await t.adapter.configure("main", { concurrency: most });
  const ids = await t.addAll(Array.from({ length: 40 }, () => ({})));
  const done = new Set<string>();
  for (let rounds = 0; done.size < ids.length; rounds++) {
    holds(rounds < ids.length, "Jobs were given again and again, or not at all.");
    const jobs = (await Promise.all(pollers.map((handle) => t.take({ limit: 3 }, handle)))).flat();
    // Polls that met each other may have left a slot free; the next one takes it.
    jobs.push(...(await t.take({ limit: 9 })));
    same(jobs.length, most, "Polls that came together did not take just as many jobs as the lane's concurrency says.");
    const complete = { state: "completed" };
    await Promise.all(jobs.map(({ id, token }, i) => t.cas({ id, expect: { token }, set: complete }, T0, pollers[i])));
    for (const { id } of jobs) done.add(id);
  }
  const [lane] = await t.adapter.lanes({ now: T0 });
  same(lane?.counts, { completed: ids.length }, "A job was lost.");
}
