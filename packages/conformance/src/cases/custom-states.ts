import type { Case } from "../case.ts";
import { same, sameIds, status } from "../check.ts";
import { LEASE, MINUTE, SECOND, T0 } from "../time.ts";

/** P11: states of the user's own. */
export const customStates: readonly Case[] = [
  {
    promise: "P11",
    scenarios: ["S3"],
    title: "moves a job from one state to another by a poll without a lease",
    async run(t) {
      const [a, b] = await t.addAll([{ state: "fetched" }, { state: "fetched" }, { state: "parsed" }]);
      const before = await t.read(a);
      const jobs = await t.advance({ from: "fetched", to: "parsing", now: T0 + 5 });
      const expected = { ...before, state: "parsing", version: 2, updatedAt: T0 + 5 };
      same(jobs, [expected], "A poll without a lease did more, or less, than moving the job on.");
      same(await t.read(a), expected, "The stored job differs from the one that was answered.");
      sameIds(
        await t.advance({ from: "fetched", to: "parsing", limit: 9 }),
        [b],
        "A job that moved on was found again.",
      );
    },
  },
  {
    promise: "P11",
    title: "finds jobs of a custom state in polls from that state only",
    async run(t) {
      const [a, b] = await t.addAll([{ state: "fetched" }, {}, { state: "Fetched" }, { state: "fetched " }]);
      sameIds(await t.take({ limit: 9 }), [b], "A plain poll took a job of a custom state.");
      sameIds(await t.advance({ from: "fetched", to: "x", limit: 9 }), [a], "A poll took jobs of another state.");
      same(await t.advance({ from: "wait", to: "x", limit: 9 }), [], "A poll took jobs of another state.");
    },
  },
  {
    promise: "P11",
    title: "works with a lease as well, and counts attempts anew in each state",
    async run(t) {
      const id = await t.add({ state: "fetched" });
      const first = await t.claim({ from: "fetched", to: "parsing" });
      same([first.state, first.attempt, first.lease.from], ["parsing", 1, "fetched"], "A leasing poll is wrong.");
      same(
        await t.advance({ from: "parsing", to: "stolen", limit: 9 }),
        [],
        "A leased job was found by its new state.",
      );
      await t.apply({ id, expect: { token: first.token }, set: { state: "fetched" } });
      same((await t.read(id)).attempt, 1, "A job that went back to where it was polled from lost its attempt.");
      const second = await t.claim({ from: "fetched", to: "parsing" });
      same(second.attempt, 2, "The second try from a state is not the second attempt.");
      await t.apply({ id, expect: { token: second.token }, set: { state: "parsed", progress: { pages: 3 } } });
      const parsed = await t.read(id);
      same(
        [parsed.state, parsed.attempt, parsed.progress],
        ["parsed", 0, { pages: 3 }],
        "Attempts did not begin anew.",
      );
      const third = await t.claim({ from: "parsed", to: "active" });
      same(
        [third.attempt, third.lease.from],
        [1, "parsed"],
        "The first try from a new state is not the first attempt.",
      );
    },
  },
  {
    promise: "P11",
    title: "sets attempts back when a poll without a lease moves a job on",
    async run(t) {
      const id = await t.add({ state: "fetched" });
      const held = await t.claim({ from: "fetched", to: "parsing" });
      await t.apply({ id, expect: { token: held.token }, set: { state: "fetched" } });
      const [job] = await t.advance({ from: "fetched", to: "skipped" });
      same([job?.attempt, job?.state], [0, "skipped"], "Attempts of one state were counted in the next.");
    },
  },
  {
    promise: "P11",
    scenarios: ["S6"],
    title: "moves a job on by cas, also while its lease goes on",
    async run(t) {
      const id = await t.add({ state: "fetched" });
      const held = await t.claim({ from: "fetched", to: "parsing" });
      const set = { state: "indexing", leaseMs: MINUTE };
      await t.apply({ id, expect: { token: held.token }, set }, T0 + SECOND);
      const job = await t.read(id);
      same([job.state, job.lease], ["indexing", { ...held.lease, until: T0 + SECOND + MINUTE }], "The lease is wrong.");
      same(job.attempt, 1, "Moving on within a lease changed the attempt.");
      status(await t.complete(held, null, T0 + MINUTE), "ok", "A lease that went on in another state was refused.");
    },
  },
  {
    promise: "P11",
    title: "tells a rescuer the state to return a job to",
    async run(t) {
      const id = await t.add({ state: "fetched" });
      const held = await t.claim({ from: "fetched", to: "parsing" });
      same(
        await t.advance({ from: "parsing", to: "x", limit: 9, now: held.lease.until }),
        [],
        "It was not rescued yet.",
      );
      const rescued = await t.rescue(T0 + LEASE);
      same([rescued.state, rescued.lease.from, rescued.attempt], ["parsing", "fetched", 1], "A rescued job is wrong.");
      const set = { state: rescued.lease.from };
      await t.apply({ id, expect: { token: rescued.token }, set }, T0 + LEASE);
      sameIds(
        await t.advance({ from: "fetched", to: "x", now: T0 + LEASE }),
        [id],
        "The job did not return to its state.",
      );
    },
  },
  {
    promise: "P11",
    title: "finishes a job by a poll to a terminal state",
    async run(t) {
      const id = await t.add({ state: "old" });
      const [job] = await t.advance({ from: "old", to: "cancelled", now: T0 + 7 });
      same([job?.state, job?.finishedAt, job?.version], ["cancelled", T0 + 7, 2], "The answered job is not finished.");
      same(await t.read(id), job, "The stored job differs from the one that was answered.");
      const { items } = await t.adapter.list({ order: "finished", limit: 9, now: T0 });
      sameIds(items, [id], "A job that a poll finished is not among the finished ones.");
    },
  },
];
