import type { Case } from "../case.ts";
import { idsOf, same, sameIds, sameSet } from "../check.ts";
import { shared } from "../needs.ts";
import { HOUR, LEASE, MINUTE, SECOND, T0 } from "../time.ts";

/** P6: one job, one holder, never more than asked for. */
export const choosing: readonly Case[] = [
  {
    promise: "P6",
    scenarios: ["S65", "S105"],
    title: "finds nothing in an empty store or an unknown lane, and that is no error",
    async run(t) {
      same(
        await t.poll(),
        { jobs: [], expired: [], nextDueAt: null, now: T0 },
        "A poll of an unknown lane found something.",
      );
      const all = await t.adapter.poll({ limit: 5, lease: { ms: LEASE, holder: "ann" }, now: T0 });
      same(all, { jobs: [], expired: [], nextDueAt: null, now: T0 }, "A poll of an empty store found something.");
    },
  },
  {
    promise: "P6",
    scenarios: ["S25", "S79", "S102"],
    title: "answers a polled job as it is afterwards: active, leased, one more attempt and version",
    async run(t) {
      const id = await t.add({ payload: 7 });
      const before = await t.read(id);
      const { jobs } = await t.poll({ lease: { ms: 5000, holder: "bob" }, now: T0 + 3 });
      const token = jobs[0]?.token ?? 0;
      const lease = { token, until: T0 + 5003, holder: "bob", from: "waiting" };
      const expected = { ...before, state: "active", attempt: 1, version: 2, token, lease, updatedAt: T0 + 3 };
      same(jobs, [expected], "A polled job is not what the poll made of it.");
      same(token > 0, true, "The first lease of a lane has no token above 0.");
      same(await t.read(id), expected, "The stored job differs from the one that was answered.");
    },
  },
  {
    promise: "P6",
    scenarios: ["S25", "S30", "S36"],
    title: "does not return a job while its lease lives, to its holder or anybody else",
    async run(t) {
      const id = await t.add();
      const { lease } = await t.claim();
      for (const holder of ["ann", "bob"]) {
        const asked = { limit: 10, lease: { ms: LEASE, holder }, now: lease.until - 1 };
        same(await t.take(asked), [], `A leased job was returned to ${holder}.`);
        same(await t.take({ ...asked, ids: [id] }), [], `A leased job was returned to ${holder} by its id.`);
      }
      same((await t.read(id)).lease, lease, "Polls that found nothing changed a lease.");
    },
  },
  {
    promise: "P6",
    title: "does not return a job whose lease was renewed while the renewed lease lives",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      await t.apply({ id, expect: { token: held.token }, set: { leaseMs: MINUTE } }, T0 + SECOND);
      const { jobs, expired } = await t.poll({ limit: 5, expired: 5, now: held.lease.until + 1 });
      same([jobs, expired], [[], []], "A renewed lease ended at its old time.");
    },
  },
  {
    promise: "P6",
    title: "does not return a job whose lease has ended as if it were waiting",
    async run(t) {
      await t.add();
      const { lease } = await t.claim();
      const { jobs, expired } = await t.poll({ limit: 5, now: lease.until + MINUTE });
      same(jobs, [], "A poll returned a job whose ended lease nobody had settled.");
      same(expired, [], "A poll that did not ask for `expired` took a job over.");
    },
  },
  {
    promise: "P6",
    title: "shows who holds a job, and until when, also when the lease ends and afterwards, until it is settled",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      const { until } = held.lease;
      for (const now of [T0, until - 1, until, until + HOUR]) {
        const { items } = await t.adapter.list({ limit: 9, now });
        same(items, [held], `A list does not show the holder ${now - until} ms after the lease's end.`);
      }
      same(await t.read(id), held, "A job that is read does not show its holder.");
      await t.rescue(until);
      const rescued = await t.read(id);
      same((await t.adapter.list({ limit: 9, now: until })).items, [rescued], "A list does not show the rescuer.");
      same(rescued.lease?.holder, "rescuer", "A job that was taken over does not show the rescuer.");
    },
  },
  {
    promise: "P6",
    title: "never returns more than `limit`, from one lane or several",
    async run(t) {
      await t.addAll(Array.from({ length: 12 }, (_, i) => ({ lane: `lane${i % 3}` })));
      const lanes = ["lane0", "lane1", "lane2"];
      same((await t.take({ lanes, limit: 0 })).length, 0, "A poll with limit 0 returned jobs.");
      same((await t.take({ lanes, limit: 5 })).length, 5, "A poll returned more or less than its limit.");
      same((await t.take({ lanes, limit: 1 })).length, 1, "A poll returned more or less than its limit.");
      same((await t.take({ lanes, limit: 100 })).length, 6, "A poll did not return all that was left.");
    },
  },
  {
    promise: "P6",
    title: "takes a share from each lane, in the order of the request, and what is left from a lane named again",
    async run(t) {
      const [a1, a2, a3, b1, b2, b3] = await t.addAll([
        { lane: "a" },
        { lane: "a" },
        { lane: "a" },
        { lane: "b" },
        { lane: "b" },
        { lane: "b" },
      ]);
      const lanes = [{ lane: "b", limit: 2 }, { lane: "a", limit: 1 }, "b", "a"];
      sameIds(await t.take({ lanes, limit: 5 }), [b1, b2, a1, b3, a2], "Lanes were not served as the request says.");
      sameIds(await t.take({ lanes, limit: 5 }), [a3], "A lane named twice gave a job twice, or kept one back.");
    },
  },
  {
    promise: "P6",
    scenarios: ["S51"],
    title: "returns jobs of the lanes that were asked for only",
    async run(t) {
      const [a, , upper] = await t.addAll([{ lane: "a" }, { lane: "ab" }, { lane: "A" }, { lane: "a-" }]);
      sameIds(await t.take({ lanes: ["a"], limit: 10 }), [a], "A poll crossed into another lane.");
      sameIds(await t.take({ lanes: ["A"], limit: 10 }), [upper], "Lane names are case-sensitive.");
    },
  },
  {
    promise: "P6",
    title: "polls every lane when none is named, and begins at another one each time, so that none starves",
    async run(t) {
      const lanes = ["a", "b", "c", "d"];
      await t.addAll(lanes.flatMap((lane) => Array.from({ length: 8 }, () => ({ lane }))));
      const first = new Set<string>();
      for (let i = 0; i < 8; i++) {
        const { jobs } = await t.adapter.poll({ limit: 1, lease: { ms: LEASE, holder: "ann" }, now: T0 });
        for (const job of jobs) first.add(job.lane);
      }
      same([...first].sort(), lanes, "Eight polls of one job over four full lanes left a lane unserved.");
      const rest = await t.adapter.poll({ limit: 100, lease: { ms: LEASE, holder: "ann" }, now: T0 });
      same(rest.jobs.length, 24, "A poll of every lane missed jobs.");
    },
  },
  {
    promise: "P6",
    scenarios: ["S36"],
    title: "takes just the jobs that were asked for by id, if they are due and free",
    async run(t) {
      const [a, b, c, later] = await t.addAll([{}, {}, { lane: "side" }, { delayMs: SECOND }]);
      const ids = [c, later, "main:none", b];
      sameSet(await t.take({ ids, limit: 10 }), [b, c], "A poll by id did not take what was due and free.");
      same(await t.take({ ids, limit: 10 }), [], "A poll by id took a leased job.");
      sameIds(await t.take({ ids: [later], limit: 1, now: T0 + SECOND }), [later], "A poll by id missed a due job.");
      sameIds(await t.take({ limit: 10 }), [a], "A poll by id took jobs it was not asked for.");
    },
  },
  {
    promise: "P6",
    scenarios: ["S34", "S91"],
    title: "never gives one job to two of many concurrent polls",
    async run(t) {
      const ids = await t.addAll(Array.from({ length: 40 }, () => ({})));
      const polls = Array.from({ length: 25 }, (_, i) => t.take({ limit: 2, lease: { ms: LEASE, holder: `w${i}` } }));
      const jobs = (await Promise.all(polls)).flat();
      sameSet(jobs, ids, "Concurrent polls did not share out 40 jobs exactly once each.");
      same(new Set(jobs.map((job) => job.token)).size, 40, "Two leases have the same token.");
    },
  },
  {
    promise: "P6",
    scenarios: ["S15", "S34", "S93"],
    title: "never gives one job to two handles on the same store",
    needs: shared,
    async run(t) {
      const ids = await t.addAll(Array.from({ length: 100 }, () => ({})));
      const handles = [t.adapter, await t.reopen(), await t.reopen()];
      const drained = await Promise.all(
        handles.map(async (handle, i) => {
          const mine: string[] = [];
          for (;;) {
            const jobs = await t.take({ limit: 3, lease: { ms: LEASE, holder: `handle${i}` } }, handle);
            if (jobs.length === 0) return mine;
            mine.push(...idsOf(jobs));
          }
        }),
      );
      same(drained.flat().sort(), [...ids].sort(), "Three handles did not share out 100 jobs exactly once each.");
    },
  },
];
