import type { Case } from "../case.ts";
import { same, status } from "../check.ts";
import { HOUR, LEASE, SECOND, T0 } from "../time.ts";

/** P22: the log of a job. */
export const logging: readonly Case[] = [
  {
    promise: "P22",
    scenarios: ["S5"],
    title: "adds one event, and changes nothing but `updatedAt`",
    async run(t) {
      const id = await t.add();
      const before = await t.read(id);
      await t.adapter.append([{ id, event: { n: 1 } }], { now: T0 + 1 });
      same(
        await t.adapter.append([{ id, event: "two" }], { now: T0 + 2 }),
        [{ status: "ok" }],
        "An event was refused.",
      );
      same(await t.read(id), { ...before, updatedAt: T0 + 2 }, "An event changed the job.");
      const items = await t.log({ id });
      const expected = [
        { id, at: T0 + 1, kind: "user", data: { n: 1 } },
        { id, at: T0 + 2, kind: "user", data: "two" },
      ];
      same(items, expected, "The log is not what was written.");
    },
  },
  {
    promise: "P22",
    scenarios: ["S8"],
    title: 'records every insertion and transition with `history: "all"`, in order, with its holder',
    async run(t) {
      await t.adapter.configure("main", { history: "all" });
      const id = await t.add({}, { now: T0 });
      const first = await t.claim({ now: T0 + 1 });
      await t.adapter.append([{ id, event: "note", token: first.token }], { now: T0 + 2 });
      await t.apply({ id, expect: { token: first.token }, set: { leaseMs: LEASE } }, T0 + 3);
      await t.apply({ id, expect: { token: first.token }, set: { progress: 1 } }, T0 + 4);
      const error = { message: "broke" };
      await t.apply({ id, expect: { token: first.token }, set: { state: "waiting", error }, event: "why" }, T0 + 5);
      const second = await t.claim({ now: T0 + 6, lease: { ms: LEASE, holder: "bob" } });
      await t.complete(second, "done", T0 + 7);
      await t.apply({ id, expect: { state: "completed" }, set: { state: "waiting" } }, T0 + 8);
      const items = await t.log({ id });
      const expected = [
        { id, at: T0, kind: "inserted", to: "waiting" },
        { id, at: T0 + 1, kind: "moved", from: "waiting", to: "active", holder: "ann" },
        { id, at: T0 + 2, kind: "user", data: "note" },
        { id, at: T0 + 5, kind: "failed", error },
        { id, at: T0 + 5, kind: "moved", from: "active", to: "waiting", holder: "ann" },
        { id, at: T0 + 5, kind: "user", data: "why" },
        { id, at: T0 + 6, kind: "moved", from: "waiting", to: "active", holder: "bob" },
        { id, at: T0 + 7, kind: "moved", from: "active", to: "completed", holder: "bob" },
        { id, at: T0 + 8, kind: "moved", from: "completed", to: "waiting" },
      ];
      same(items, expected, "The history of a job is wrong.");
    },
  },
  {
    promise: "P22",
    title: "records only failed attempts and user events when nothing else was asked for",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      await t.apply({ id, expect: { token: held.token }, set: { state: "waiting" }, event: "back" });
      const again = await t.claim();
      await t.apply({ id, expect: { token: again.token }, set: { state: "failed", error: { message: "no" } } });
      const items = await t.log({ id });
      same(
        items.map((event) => event.kind),
        ["user", "failed"],
        "The log holds more, or less, than it should.",
      );
    },
  },
  {
    promise: "P22",
    title: "records spawned jobs and polls without a lease as well, where all is recorded",
    async run(t) {
      await t.adapter.configure("side", { history: "all" });
      const id = await t.add();
      const child = t.job({ lane: "side", state: "fetched" });
      await t.apply({ id, expect: { state: "waiting" }, set: { state: "completed" }, spawn: [child] }, T0 + 1);
      await t.advance({ lanes: ["side"], from: "fetched", to: "parsed", now: T0 + 2 });
      const items = await t.log();
      const expected = [
        { id: child.id, at: T0 + 1, kind: "inserted", to: "fetched" },
        { id: child.id, at: T0 + 2, kind: "moved", from: "fetched", to: "parsed" },
      ];
      same(items, expected, "The log does not follow the lane of each job.");
    },
  },
  {
    promise: "P22",
    title: "records one insertion of an id that comes twice in a call, and none when it comes again",
    async run(t) {
      await t.adapter.configure("main", { history: "all" });
      const [job, other] = [t.job(), t.job()];
      await t.adapter.insert([job, { ...job, payload: 2 }, other], { now: T0 });
      await t.adapter.insert([other, job, other], { now: T0, maybeStored: true });
      const logged = (await t.log()).map(({ id, kind }) => `${kind} ${id}`).sort();
      const expected = [job, other].map(({ id }) => `inserted ${id}`).sort();
      same(logged, expected, "The log does not hold one insertion for each job that was added.");
    },
  },
  {
    promise: "P22",
    title: "records no transition when a job is leased in the state that it has",
    async run(t) {
      await t.adapter.configure("main", { history: "all" });
      const id = await t.add({ state: "fetched" });
      await t.claim({ from: "fetched", to: "fetched" });
      const items = await t.log({ id });
      same(items, [{ id, at: T0, kind: "inserted", to: "fetched" }], "The log tells of a move that was none.");
    },
  },
  {
    promise: "P22",
    title: "answers appended events in array order, and keeps the events of a call in order",
    async run(t) {
      const [a, b] = await t.addAll([{}, {}]);
      const entries = [
        { id: a, event: 1 },
        { id: "main:none", event: 2 },
        { id: b, event: 3 },
        { id: a, event: 4, token: 99 },
        { id: a, event: 5 },
      ];
      const outcomes = await t.adapter.append(entries, { now: T0 });
      const expected = ["ok", "missing", "ok", "stale", "ok"];
      same(
        outcomes.map((each) => each.status),
        expected,
        "Outcomes are wrong, or not in array order.",
      );
      const logOf = async (id: string) => (await t.log({ id })).map((event) => event.data);
      same([await logOf(a), await logOf(b)], [[1, 5], [3]], "Events went to the wrong job, or out of order.");
      same(await logOf("main:none"), [], "A job that is not there has a log.");
    },
  },
  {
    promise: "P22",
    title: "writes the event of a change exactly when the change is made",
    async run(t) {
      const id = await t.add();
      status(
        await t.cas({ id, expect: { version: 9 }, set: { priority: 1 }, event: "no" }),
        "conflict",
        "It should fail.",
      );
      status(
        await t.cas({ id, expect: { version: 1 }, set: {}, event: "yes" }),
        "ok",
        "A change of nothing was refused.",
      );
      const items = await t.log({ id });
      same(
        items.map((event) => event.data),
        ["yes"],
        "The log does not tell what was done.",
      );
    },
  },
  {
    promise: "P22",
    scenarios: ["S20"],
    title: "keeps two thousand events of a job, all of them in order",
    async run(t) {
      const id = await t.add();
      for (let call = 0; call < 20; call++) {
        const entries = Array.from({ length: 100 }, (_, i) => ({ id, event: call * 100 + i }));
        await t.adapter.append(entries, { now: T0 + call });
      }
      await t.adapter.append([{ id, event: 2000 }], { now: T0 + HOUR });
      const items = await t.log({ id, limit: 10_000 });
      same(
        items.map((event) => event.data),
        Array.from({ length: 2001 }, (_, i) => i),
        "Events were lost or reordered.",
      );
    },
  },
  {
    promise: "P22",
    title: "removes the log with its job, and no other job's",
    async run(t) {
      const jobs = [t.job(), t.job()];
      const [gone, kept] = jobs.map((job) => job.id);
      await t.adapter.insert(jobs, { now: T0 });
      await t.adapter.append(
        jobs.map(({ id }) => ({ id, event: id })),
        { now: T0 },
      );
      await t.adapter.remove({ ids: [gone ?? ""] });
      await t.adapter.insert(jobs, { now: T0 + SECOND });
      const items = await t.log();
      same(
        items.map((event) => event.id),
        [kept],
        "A log outlived its job, or went with another one.",
      );
    },
  },
];
