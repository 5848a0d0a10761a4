import type { Change, Settings } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, same, sameIds, status } from "../check.ts";
import { shared } from "../needs.ts";
import { MINUTE, SECOND, T0 } from "../time.ts";

/** P12: all of a change or none of it, and why not. */
export const deciding: readonly Case[] = [
  {
    promise: "P12",
    scenarios: ["S5", "S6"],
    title: "applies every field of a change, and leaves what it does not name",
    async run(t) {
      const id = await t.add({ payload: 1, group: "g", backoff: { type: "fixed", delayMs: 5 } });
      let expected = await t.read(id);
      const changes: readonly Settings[] = [
        { priority: 7 },
        { progress: { step: 1 } },
        { runAt: T0 - 5 },
        { payload: [2] },
        { attempt: 2 },
        { error: { message: "broke", code: "E", stack: "at x", attempt: 2, at: T0 } },
        { state: "parked" },
        { priority: 0, progress: null, payload: null },
      ];
      for (const [i, set] of changes.entries()) {
        const now = T0 + 1 + i;
        const outcome = await t.cas({ id, expect: { version: expected.version }, set }, now);
        const attempt = set.state === undefined ? expected.attempt : 0;
        expected = { ...expected, attempt, ...(set as object), version: expected.version + 1, updatedAt: now };
        same(outcome, { status: "ok", version: expected.version }, `The outcome is wrong for ${JSON.stringify(set)}.`);
        same(await t.read(id), expected, `A change is wrong: ${JSON.stringify(set)}.`);
      }
    },
  },
  {
    promise: "P12",
    scenarios: ["S7"],
    title: "answers `conflict` with what the job is when a state or version does not fit, and writes nothing",
    async run(t) {
      await t.adapter.configure("main", { history: "all" });
      const id = await t.add();
      const before = await t.read(id);
      const log = await t.log({ id });
      const set = { state: "completed", result: 1, priority: 1, error: { message: "no" } };
      for (const expect of [
        { state: "active" },
        { state: [] },
        { state: ["active", "Waiting"] },
        { version: 2 },
        { version: 0 },
        { state: "waiting", version: 2 },
        { state: "waiting", where: { payload: { eq: 1 } } },
        { version: 1, where: { not: { payload: { eq: null } } } },
      ]) {
        const outcome = await t.cas({ id, expect, set, event: "no", spawn: [t.job()] }, T0 + 1);
        const answer = { status: "conflict", state: "waiting", token: 0, version: 1 };
        same(outcome, answer, `The answer to ${JSON.stringify(expect)} is wrong.`);
      }
      same(await t.read(id), before, "A refused change changed the job.");
      same(await t.log({ id }), log, "A refused change wrote into the log.");
      same((await t.adapter.list({ limit: 9, now: T0 })).items.length, 1, "A refused change spawned a job.");
    },
  },
  {
    promise: "P12",
    title: "applies a change when one of several expected states fits",
    async run(t) {
      const id = await t.add();
      await t.apply({ id, expect: { state: ["active", "waiting"] }, set: { priority: 1 } });
      await t.apply({
        id,
        expect: { state: "waiting", version: 2, where: { priority: { eq: 1 } } },
        set: { priority: 2 },
      });
      same((await t.read(id)).priority, 2, "A change was lost.");
    },
  },
  {
    promise: "P12",
    scenarios: ["S14", "S49"],
    title: "answers `missing` for a job that is not there, apart from `conflict`, and makes none",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      await t.adapter.remove({ ids: [id] });
      for (const expect of [{ token: held.token }, { state: "active" }, { version: 2 }]) {
        for (const set of [{ state: "completed" }, { leaseMs: SECOND }, { cancel: true as const }]) {
          const outcome = await t.cas({ id, expect, set });
          same(outcome, { status: "missing" }, "A change to a removed job was not answered `missing`.");
        }
      }
      same(await t.adapter.get([id]), [null], "A change brought a removed job back.");
    },
  },
  {
    promise: "P12",
    title: "reaches its verdicts in order: missing, stale, conflict",
    async run(t) {
      const id = await t.add();
      const { token } = await t.claim();
      const job = { state: "active", token, version: 2 };
      const set = { state: "completed" };
      const stale = await t.cas({ id, expect: { token: token + 1, state: "waiting", version: 9 }, set });
      same(stale, { status: "stale", ...job }, "A wrong token comes before other expectations.");
      const conflict = await t.cas({ id, expect: { token, state: "waiting" }, set });
      same(conflict, { status: "conflict", ...job }, "A right token does not make up for a wrong state.");
      const version = await t.cas({ id, expect: { token, version: 1 }, set });
      same(version, { status: "conflict", ...job }, "A right token does not make up for a wrong version.");
      const missing = await t.cas({ id: "main:none", expect: { token, state: "waiting" }, set });
      same(missing, { status: "missing" }, "A job that is not there comes before everything.");
      status(await t.complete({ ...(await t.read(id)), token }), "ok", "Refused changes ended the lease.");
    },
  },
  {
    promise: "P12",
    title: "decides each change of a call by itself, and answers in array order",
    async run(t) {
      const [a, b, c, d, e] = await t.addAll([{}, {}, {}, {}, { lane: "side" }]);
      const held = await t.claim();
      const changes: Change[] = [
        { id: e, expect: { state: "waiting" }, set: { priority: 1 } },
        { id: "main:none", expect: { version: 1 }, set: { priority: 1 } },
        { id: d, expect: { version: 7 }, set: { state: "cancelled" } },
        { id: a, expect: { token: held.token }, set: { state: "completed", result: "a" } },
        { id: c, expect: { token: held.token }, set: { state: "completed", result: "c" } },
        { id: b, expect: { state: "waiting" }, set: { state: "cancelled" } },
      ];
      const outcomes = await t.adapter.cas(changes, { now: T0 });
      const statuses = ["ok", "missing", "conflict", "ok", "stale", "ok"];
      same(
        outcomes.map((each) => each.status),
        statuses,
        "Outcomes are wrong, or not in array order.",
      );
      const states = (await t.adapter.get([a, b, c, d, e])).map((job) => job?.state);
      same(states, ["completed", "cancelled", "waiting", "waiting", "waiting"], "A change decided for its neighbours.");
    },
  },
  {
    promise: "P12",
    title: "applies a large call whole",
    async run(t) {
      await t.addAll(Array.from({ length: 1200 }, () => ({})));
      const jobs = await t.take({ limit: 1200 });
      const changes = jobs.map(({ id, token }, i) => ({
        id,
        expect: { token },
        set: { state: "completed", result: i },
      }));
      const outcomes = await t.adapter.cas(changes.toReversed(), { now: T0 });
      holds(
        outcomes.every((each) => each.status === "ok") && outcomes.length === 1200,
        "A change of a large call failed.",
      );
      const found = await t.adapter.get(jobs.map((job) => job.id));
      same(
        found.map((job) => job?.result),
        jobs.map((_, i) => i),
        "Results of a large call went to the wrong jobs.",
      );
    },
  },
  {
    promise: "P12",
    title: "ends the lease when a change sets a state, and only then",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      await t.apply({ id, expect: { token: held.token }, set: { progress: 1, priority: 3 } });
      same((await t.read(id)).lease, held.lease, "A change without a state ended the lease.");
      await t.apply({ id, expect: { token: held.token }, set: { state: "waiting" } });
      const job = await t.read(id);
      same(
        ["lease" in job, job.token, job.runAt],
        [false, held.token, T0],
        "A change with a state did not end the lease.",
      );
    },
  },
  {
    promise: "P12",
    title: "renews no lease that does not live",
    async run(t) {
      const [id, never] = await t.addAll([{}, {}]);
      const held = await t.claim();
      const renew = { leaseMs: MINUTE, progress: 1 };
      const dead = await t.cas({ id, expect: { state: "active" }, set: renew }, held.lease.until);
      status(dead, "conflict", "A lease that had ended was renewed.");
      const none = await t.cas({ id: never, expect: { state: "waiting" }, set: { ...renew, state: "active" } });
      status(none, "conflict", "A lease came from nowhere.");
      const before = await t.read(never);
      same([before.state, before.version], ["waiting", 1], "A refused renewal changed a job.");
      same((await t.read(id)).lease, held.lease, "A refused renewal changed a lease.");
    },
  },
  {
    promise: "P12",
    title: "counts `delayMs` and `leaseMs` from the store's clock",
    async run(t) {
      const [a, b] = await t.addAll([{}, {}]);
      const held = await t.claim();
      const set = { progress: "half", leaseMs: 10 };
      await t.apply({ id: a, expect: { token: held.token }, set }, T0 + 100);
      const job = await t.read(a);
      same(
        [job.lease?.until, job.version, job.updatedAt],
        [T0 + 110, 3, T0 + 100],
        "A renewal with progress is wrong.",
      );
      await t.apply({ id: b, expect: { state: "waiting" }, set: { delayMs: 7 } }, T0 + 100);
      same((await t.read(b)).runAt, T0 + 107, "`delayMs` is not counted from the store's clock.");
    },
  },
  {
    promise: "P12",
    title: "lets exactly one of many concurrent changes to one version through",
    async run(t) {
      const id = await t.add();
      const tries = Array.from({ length: 20 }, (_, i) => t.cas({ id, expect: { version: 1 }, set: { progress: i } }));
      const outcomes = await Promise.all(tries);
      const won = outcomes.flatMap((each, i) => (each.status === "ok" ? [i] : []));
      same(won.length, 1, "Several changes to one version were made.");
      const job = await t.read(id);
      same([job.progress, job.version], [won[0], 2], "The change that was made is not the one that was answered `ok`.");
    },
  },
  {
    promise: "P12",
    title: "lets exactly one of many concurrent changes through, from several handles",
    needs: shared,
    async run(t) {
      const ids = await t.addAll(Array.from({ length: 20 }, () => ({})));
      const handles = [t.adapter, await t.reopen(), await t.reopen()];
      const changes = (who: number) => ids.map((id) => ({ id, expect: { version: 1 }, set: { progress: who } }));
      const answers = await Promise.all(
        handles.map((handle, i) => handle.cas(i % 2 ? changes(i) : changes(i).toReversed(), { now: T0 })),
      );
      const count = answers.flat().filter((each) => each.status === "ok").length;
      same(count, ids.length, "Of several handles, not exactly one made each change.");
      const jobs = await t.adapter.list({ where: { version: { eq: 2 } }, limit: 100, now: T0 });
      sameIds(jobs.items, ids, "A change was lost, or made twice.");
    },
  },
];
