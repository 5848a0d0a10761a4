import type { Case } from "../case.ts";
import { same, sameIds, status } from "../check.ts";
import { HOUR, SECOND, T0 } from "../time.ts";

const terminal = ["completed", "failed", "cancelled"] as const;

/** P14: the first result wins. */
export const finality: readonly Case[] = [
  {
    promise: "P14",
    scenarios: ["S79", "S82", "S83", "S114"],
    title: "keeps the first result: a second completion or failure is refused",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      status(await t.complete(held, "first", T0 + 1), "ok", "A holder could not complete its job.");
      const done = await t.read(id);
      same([done.state, done.result, done.finishedAt], ["completed", "first", T0 + 1], "A completed job is wrong.");
      status(await t.complete(held, "second", T0 + 2), "stale", "A job was completed twice.");
      const fail = { id, expect: { token: held.token }, set: { state: "failed", error: { message: "late" } } };
      status(await t.cas(fail, T0 + 2), "stale", "A completed job failed.");
      const byState = { id, expect: { state: "active" }, set: { state: "completed", result: "third" } };
      status(await t.cas(byState, T0 + 2), "conflict", "A completed job was taken for an active one.");
      same(await t.read(id), done, "Refused changes changed a finished job.");
    },
  },
  {
    promise: "P14",
    scenarios: ["S36", "S79"],
    title: "never finds a finished job again, however it is asked for",
    async run(t) {
      const ids = await t.addAll(terminal.map(() => ({})));
      for (const [i, state] of terminal.entries()) {
        await t.apply({ id: ids[i] ?? "", expect: { state: "waiting" }, set: { state } });
      }
      const now = T0 + 1000 * HOUR;
      same(await t.take({ limit: 9, expired: 9, now }), [], "A finished job was found.");
      same(await t.take({ ids, limit: 9, now }), [], "A finished job was found by its id.");
      same((await t.poll({ limit: 9, expired: 9, now })).expired, [], "A finished job was taken over.");
    },
  },
  {
    promise: "P14",
    title: "refuses to cancel what is finished, or to renew it",
    async run(t) {
      for (const state of terminal) {
        const id = await t.add();
        const held = await t.claim();
        await t.apply({ id, expect: { token: held.token }, set: { state } });
        const before = await t.read(id);
        const cancel = await t.cas({ id, expect: { version: before.version }, set: { cancel: true } });
        status(cancel, "conflict", `A ${state} job was cancelled.`);
        const renew = await t.cas({ id, expect: { version: before.version }, set: { leaseMs: SECOND } });
        status(renew, "conflict", `The lease of a ${state} job was renewed.`);
        same(await t.read(id), before, `A refused change changed a ${state} job.`);
      }
    },
  },
  {
    promise: "P14",
    scenarios: ["S36"],
    title: "lets an operator retry a finished job, without its old result and with all of its attempts",
    async run(t) {
      for (const state of terminal) {
        const id = await t.add();
        const held = await t.claim();
        const set = { state, result: "old", error: { message: "old" } };
        await t.apply({ id, expect: { token: held.token }, set }, T0 + 1);
        const retry = { id, expect: { state: [...terminal] }, set: { state: "waiting" } };
        await t.apply(retry, T0 + 2);
        const job = await t.read(id);
        same(
          ["result" in job, "finishedAt" in job, "lease" in job],
          [false, false, false],
          "A retried job kept its end.",
        );
        same([job.state, job.attempt, job.updatedAt], ["waiting", 0, T0 + 2], `A retried ${state} job is wrong.`);
        const again = await t.claim({ now: T0 + 2 });
        same([again.id, again.attempt], [id, 1], "A retried job does not run again with its first attempt.");
        status(await t.complete(again, "new", T0 + 3), "ok", "A retried job could not be completed.");
        const done = await t.read(id);
        same([done.result, done.finishedAt], ["new", T0 + 3], "A retried job has not got its new result.");
      }
    },
  },
  {
    promise: "P14",
    title: "puts a retried job where its priority, due time and insertion say",
    async run(t) {
      const [a, b] = await t.addAll([{}, {}]);
      await t.apply({ id: a, expect: { state: "waiting" }, set: { state: "failed" } });
      await t.apply({ id: a, expect: { state: "failed" }, set: { state: "waiting" } }, T0 + 1);
      sameIds(await t.take({ limit: 9, now: T0 + 2 }), [a, b], "A retried job lost its place.");
    },
  },
  {
    promise: "P14",
    scenarios: ["S119"],
    title: "tells a result of null or false from none",
    async run(t) {
      for (const result of [null, false, 0, ""]) {
        const id = await t.add();
        same("result" in (await t.read(id)), false, "A job that waits has a result.");
        await t.complete(await t.claim(), result);
        const job = await t.read(id);
        same(["result" in job, job.result], [true, result], `The result ${JSON.stringify(result)} was lost.`);
      }
      const id = await t.add();
      const held = await t.claim();
      await t.apply({ id, expect: { token: held.token }, set: { state: "completed" } });
      same("result" in (await t.read(id)), false, "A result came from nowhere.");
    },
  },
  {
    promise: "P14",
    scenarios: ["S21", "S96"],
    title: "tells the state of a job through its whole life under one id",
    async run(t) {
      const id = await t.add({ delayMs: SECOND, maxAttempts: 2 });
      const states = [(await t.read(id)).state];
      const first = await t.claim({ now: T0 + SECOND });
      states.push((await t.read(id)).state);
      const error = { message: "broke" };
      await t.apply({ id, expect: { token: first.token }, set: { state: "waiting", error } }, T0 + SECOND);
      states.push((await t.read(id)).state);
      const second = await t.claim({ now: T0 + SECOND });
      await t.apply({ id, expect: { token: second.token }, set: { state: "failed", error } }, T0 + SECOND);
      states.push((await t.read(id)).state);
      same(states, ["waiting", "active", "waiting", "failed"], "The states of a job's life are wrong.");
    },
  },
];
