import type { Case } from "../case.ts";
import { holds, idsOf, same, sameIds, sameSet, status } from "../check.ts";
import { shared } from "../needs.ts";
import { HOUR, LEASE, MINUTE, SECOND, T0 } from "../time.ts";

/** P15: what becomes of a job whose holder died. */
export const rescuing: readonly Case[] = [
  {
    promise: "P15",
    scenarios: ["S71", "S86"],
    title: "hands a job whose lease has ended to a rescuer, with a new token and lease and no attempt charged",
    async run(t) {
      const id = await t.add({ payload: 1 });
      const held = await t.claim();
      const request = { limit: 0, expired: 5, lease: { ms: 5000, holder: "rescuer" } };
      same((await t.poll({ ...request, now: held.lease.until - 1 })).expired, [], "A living lease was taken over.");
      const { jobs, expired } = await t.poll({ ...request, now: held.lease.until });
      same(jobs, [], "A job whose lease had ended came among the due ones.");
      const token = expired[0]?.token ?? 0;
      const lease = { token, until: held.lease.until + 5000, holder: "rescuer", from: "waiting" };
      const expected = { ...held, token, lease, version: held.version + 1, updatedAt: held.lease.until };
      same(expired, [expected], "A job that was taken over is wrong.");
      holds(token > held.token, "A rescuer got no new token.");
      same(await t.read(id), expected, "The stored job differs from the one that was answered.");
    },
  },
  {
    promise: "P15",
    title: "takes over what ended first, and never more than was asked for",
    async run(t) {
      await t.addAll([{}, {}, {}, {}, {}]);
      const order = [300, 100, 500, 200, 400];
      const byEnd: string[] = [];
      for (const ms of order) byEnd[ms / 100 - 1] = (await t.claim({ lease: { ms, holder: "ann" } })).id;
      const ask = async (expired: number) =>
        (await t.poll({ limit: 0, expired, lease: { ms: HOUR, holder: "rescuer" }, now: T0 + 450 })).expired;
      same(await ask(0), [], "`expired: 0` took a job over.");
      sameIds(await ask(3), byEnd.slice(0, 3), "Not the leases that ended first were taken over.");
      sameIds(await ask(9), byEnd.slice(3, 4), "A lease that lives was taken over, or one that ended was not.");
      sameIds(await ask(9), [], "A job was taken over twice.");
    },
  },
  {
    promise: "P15",
    title: "asks for no more than was asked for over several lanes, and takes over in every lane when none is named",
    async run(t) {
      await t.addAll([{ lane: "a" }, { lane: "a" }, { lane: "b" }, { lane: "b" }, { lane: "c" }]);
      await t.take({ lanes: ["a", "b", "c"], limit: 9 });
      const lease = { ms: HOUR, holder: "rescuer" };
      const request = { limit: 0, lease, now: T0 + LEASE };
      const first = await t.adapter.poll({ ...request, lanes: ["a", "b"], expired: 3 });
      same(first.expired.length, 3, "Over several lanes, not exactly as many were taken over as were asked for.");
      const rest = await t.adapter.poll({ ...request, expired: 9 });
      const lanes = [...first.expired, ...rest.expired].map((job) => job.lane).sort();
      same(lanes, ["a", "a", "b", "b", "c"], "Ended leases were missed, or taken over twice.");
    },
  },
  {
    promise: "P15",
    title: "takes over beside choosing, and never answers a job twice",
    async run(t) {
      const [a, b, c] = await t.addAll([{}, {}, {}, { delayMs: HOUR }]);
      await t.claim();
      const request = { limit: 1, expired: 5, lease: { ms: LEASE, holder: "bob" }, now: T0 + LEASE };
      const { jobs, expired } = await t.poll(request);
      same([idsOf(jobs), idsOf(expired)], [[b], [a]], "Due and ended jobs were confused.");
      const next = await t.poll({ ...request, limit: 5 });
      same([idsOf(next.jobs), idsOf(next.expired)], [[c], []], "A job was answered twice.");
      const tokens = [...jobs, ...expired, ...next.jobs].map((job) => job.token);
      same(new Set(tokens).size, 3, "Two leases of one poll have the same token.");
    },
  },
  {
    promise: "P15",
    title: "counts one attempt, however many rescuers come and die",
    async run(t) {
      const id = await t.add();
      let { lease } = await t.claim();
      for (let i = 0; i < 4; i++) {
        const rescued = await t.rescue(lease.until, `rescuer${i}`);
        same([rescued.attempt, rescued.lease.from], [1, "waiting"], "A rescuer was charged as an attempt.");
        lease = rescued.lease;
      }
      same((await t.read(id)).attempt, 1, "The attempts of a job rose without a try.");
    },
  },
  {
    promise: "P15",
    title: "gives each ended lease to one of many concurrent rescuers",
    async run(t) {
      const ids = await t.addAll(Array.from({ length: 20 }, () => ({})));
      await t.take({ limit: 20 });
      const rescues = Array.from({ length: 8 }, (_, i) =>
        t.poll({ limit: 0, expired: 5, lease: { ms: SECOND, holder: `rescuer${i}` }, now: T0 + LEASE }),
      );
      const jobs = (await Promise.all(rescues)).flatMap((result) => result.expired);
      sameSet(jobs, ids, "Concurrent rescuers did not share out the ended leases exactly once each.");
    },
  },
  {
    promise: "P15",
    title: "gives each ended lease to one of several handles",
    needs: shared,
    async run(t) {
      const ids = await t.addAll(Array.from({ length: 30 }, () => ({})));
      await t.take({ limit: 30 });
      const handles = [t.adapter, await t.reopen(), await t.reopen()];
      const lease = { ms: HOUR, holder: "rescuer" };
      const rounds = handles.flatMap((handle) => Array.from({ length: 6 }, () => handle));
      const polls = rounds.map((handle) => t.poll({ limit: 0, expired: 4, lease, now: T0 + LEASE }, handle));
      const jobs = (await Promise.all(polls)).flatMap((result) => result.expired);
      const rest = (await t.poll({ limit: 0, expired: 99, lease, now: T0 + LEASE })).expired;
      sameSet([...jobs, ...rest], ids, "Handles did not share out the ended leases exactly once each.");
    },
  },
  {
    promise: "P15",
    scenarios: ["S71", "S115"],
    title: "sends a rescued job back with backoff and its error, and to `failed` when its attempts are used up",
    async run(t) {
      const store = await t.store();
      const id = await t.add({ maxAttempts: 2, backoff: { type: "fixed", delayMs: MINUTE } });
      const first = await t.claim();
      same(await store.rescue({ limit: 9, now: first.lease.until - 1 }), 0, "A living lease was settled.");
      same(await store.rescue({ limit: 9, now: first.lease.until }), 1, "An ended lease was not settled.");
      const back = await t.read(id);
      const facts = [back.state, back.attempt, back.runAt, "lease" in back, back.error?.code, back.error?.attempt];
      const expected = ["waiting", 1, first.lease.until + MINUTE, false, "LEASE_ENDED", 1];
      same(facts, expected, "A rescued job did not go back with backoff and one attempt.");
      same(await store.rescue({ limit: 9, now: first.lease.until }), 0, "One ended lease was settled twice.");
      const second = await t.claim({ now: back.runAt });
      same(second.attempt, 2, "An attempt was not counted, or counted twice.");
      await store.rescue({ limit: 9, now: second.lease.until });
      const failed = await t.read(id);
      same([failed.state, failed.attempt, failed.finishedAt], ["failed", 2, second.lease.until], "It did not fail.");
      const items = await t.log({ id, kinds: ["failed"] });
      same(
        items.map((event) => event.error?.attempt),
        [1, 2],
        "An ended lease left no error, or more than one.",
      );
    },
  },
  {
    promise: "P15",
    scenarios: ["S47", "S94"],
    title: "waits longer after each attempt, as the job's backoff says, never less and never beyond its bound",
    async run(t) {
      const store = await t.store();
      const policies = [
        { backoff: { type: "linear", delayMs: 3000 }, waits: [3000, 6000, 9000, 12_000] },
        { backoff: { type: "exponential", delayMs: 1000, maxMs: 5000 }, waits: [1000, 2000, 4000, 5000] },
        { backoff: { type: "exponential", delayMs: 1000, jitter: 0.5 }, waits: [1000, 2000, 4000, 8000] },
      ] as const;
      for (const { backoff, waits } of policies) {
        const id = await t.add({ maxAttempts: 5, backoff });
        let now = T0;
        for (const wait of waits) {
          const held = await t.claim({ now });
          await store.rescue({ limit: 9, now: held.lease.until });
          const { runAt } = await t.read(id);
          const waited = runAt - held.lease.until;
          const most = "jitter" in backoff ? wait * (1 + backoff.jitter) : wait;
          holds(waited >= wait && waited <= most, `A job waits ${waited} ms, not ${wait}: ${JSON.stringify(backoff)}.`);
          now = runAt;
        }
        await t.adapter.remove({ ids: [id] });
      }
    },
  },
  {
    promise: "P15",
    title: "settles each ended lease once, however many rescuers run, and drops no job",
    async run(t) {
      const stores = [await t.store(), await t.store(), await t.store()];
      const ids = await t.addAll(Array.from({ length: 25 }, () => ({})));
      await t.take({ limit: 25 });
      const now = T0 + LEASE;
      const counts = await Promise.all(stores.map((store) => store.rescue({ limit: 25, now })));
      const settled = counts.reduce((sum, count) => sum + count, 0);
      same(settled, 25, "Rescuers did not settle each ended lease exactly once.");
      const { items } = await t.adapter.list({ states: ["waiting", "delayed"], limit: 99, now });
      sameIds(items, ids, "A job was dropped.");
      same(
        items.every((job) => job.attempt === 1),
        true,
        "An ended lease was not counted as exactly one attempt.",
      );
      const log = await t.log();
      same(log.length, 25, "An ended lease was recorded more than once, or never.");
    },
  },
  {
    promise: "P15",
    scenarios: ["S30", "S117"],
    title: "lets the holder win who settles in time, and the rescuer find nothing",
    async run(t) {
      const store = await t.store();
      await t.add();
      const held = await t.claim();
      same(await store.rescue({ limit: 9, now: held.lease.until - 1 }), 0, "A job was rescued from a living holder.");
      status(await t.complete(held, 1, held.lease.until - 1), "ok", "A holder in time was refused.");
      same(await store.rescue({ limit: 9, now: held.lease.until + 1 }), 0, "A finished job was rescued.");
    },
  },
];
