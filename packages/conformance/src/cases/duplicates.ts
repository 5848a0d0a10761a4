import type { Settings, Unique } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same, status } from "../check.ts";
import { HOUR, MINUTE, T0 } from "../time.ts";
import type { HeldJob, Trial } from "../trial.ts";
import { refused, until } from "./unique.ts";

/** P12: the verdict on a change that would bring back a unique key that another job holds. */
export const duplicates: readonly Case[] = [
  {
    promise: "P12",
    title:
      "answers `duplicate` with the holder when a retry would bring back a key that another job holds, and writes nothing",
    async run(t) {
      await t.adapter.configure("main", { history: "all" });
      for (const end of ["started", "finished"] as const) {
        const { id, holder } = await ended(t, until(end, end));
        const before = await t.read(id);
        const log = await t.log({ id });
        for (const set of [{ state: "waiting" }, { state: "fetched", delayMs: 5, priority: 1, payload: 2 }]) {
          const outcome = await t.cas(
            { id, expect: { state: "completed" }, set, event: "no", spawn: [t.job()] },
            T0 + 1,
          );
          same(outcome, { status: "duplicate", id: holder }, "Two jobs of one key were let in by a retry.");
        }
        same(await t.read(id), before, "A change that was refused as a duplicate changed the job.");
        same(await t.log({ id }), log, "A refused change wrote into the log.");
        same((await t.adapter.list({ states: ["waiting"], limit: 99, now: T0 })).items.length, 1, "It spawned a job.");
        await t.apply({ id: holder, expect: { state: "waiting" }, set: { state: "cancelled" } });
        status(
          await t.cas({ id, expect: { state: "completed" }, set: { state: "waiting" } }),
          "ok",
          "The key is free.",
        );
        await refused(t, { unique: until(end, end) }, id);
        await t.apply({ id, expect: { state: "waiting" }, set: { state: "cancelled" } });
      }
    },
  },
  {
    promise: "P12",
    title: "answers `duplicate` to a holder that gives its job back when another one took the key since it started",
    async run(t) {
      const { held, holder } = await started(t);
      const backs: readonly Settings[] = [
        { state: "waiting" },
        { state: "waiting", delayMs: HOUR, error: { message: "broke" } },
        { state: "waiting", requeue: true, attempt: 0 },
        { state: "fetched" },
      ];
      for (const set of backs) {
        const outcome = await t.cas({ id: held.id, expect: { token: held.token }, set });
        same(outcome, { status: "duplicate", id: holder }, `Two jobs hold one key after ${JSON.stringify(set)}.`);
        same(await t.read(held.id), held, "A change that was refused as a duplicate changed the job.");
      }
      status(await t.complete(held), "ok", "A refused change ended the lease.");
    },
  },
  {
    promise: "P17",
    title: "lets a job that gives its key up for good go back beside the one that has the key",
    async run(t) {
      for (const back of [
        { state: "waiting", delayMs: 0, error: { message: "broke" } },
        { state: "waiting", attempt: 0 },
      ]) {
        const { held, holder } = await started(t);
        const own = held.unique ?? until("started");
        const change = { id: held.id, expect: { token: held.token } };
        status(await t.cas({ ...change, set: { ...back, unique: null } }), "ok", "It holds nothing any more.");
        const { unique, state } = await t.read(held.id);
        same([unique, state], [undefined, "waiting"], "A key that was given up for good is still with the job.");
        await refused(t, { unique: own }, holder);
        const taken = await t.take({ limit: 9 });
        same(taken.map(({ id }) => id).toSorted(), [held.id, holder].toSorted(), "Not both of them can run.");
        for (const job of taken) await t.complete(job);
        await t.adapter.remove({ ids: [held.id, holder] });
      }
    },
  },
  {
    promise: "P12",
    title: "makes every change that brings no key back, whoever holds it: a renewal, progress, an end, a cancellation",
    async run(t) {
      const { held, holder } = await started(t);
      const own = { id: held.id, expect: { token: held.token } };
      for (const set of [
        { leaseMs: MINUTE },
        { progress: 1 },
        { state: "indexing", leaseMs: MINUTE },
        { requeue: true as const },
      ]) {
        status(
          await t.cas({ ...own, set }),
          "ok",
          `A change that brings no key back was refused: ${JSON.stringify(set)}.`,
        );
      }
      const asked = await t.cas({ id: held.id, expect: { state: "indexing" }, set: { cancel: true } });
      status(asked, "ok", "A holder could not be asked to stop.");
      status(await t.cas({ ...own, set: { state: "waiting" } }), "ok", "A job that was asked to stop could not end.");
      same((await t.read(held.id)).state, "cancelled", "A job that was asked to stop went on.");
      status(
        await t.cas({ id: holder, expect: { state: "waiting" }, set: { delayMs: 5 } }),
        "ok",
        "The holder was refused.",
      );
    },
  },
  {
    promise: "P12",
    title: "retries a job whose key is held for a window without asking for the key again",
    async run(t) {
      const unique = until({ windowMs: MINUTE });
      const id = await t.add({ unique });
      await t.complete(await t.claim());
      const next = await t.add({ unique }, { now: T0 + MINUTE });
      const retry = { id, expect: { state: "completed" }, set: { state: "waiting" } };
      status(await t.cas(retry, T0 + MINUTE), "ok", "A job was refused a key that it does not ask for.");
      await refused(t, { unique }, next, T0 + MINUTE + 1);
    },
  },
  {
    promise: "P12",
    title: "reaches its verdict on a key last: after missing, stale and conflict",
    async run(t) {
      const { held, holder } = await started(t);
      const set = { state: "waiting" };
      const verdict = async (expect: { token?: number; state?: string; version?: number }) =>
        (await t.cas({ id: held.id, expect, set })).status;
      same(await verdict({ token: held.token + 1, state: "waiting" }), "stale", "A wrong token comes before a key.");
      same(await verdict({ token: held.token, state: "waiting" }), "conflict", "A wrong state comes before a key.");
      same(await verdict({ version: held.version + 1 }), "conflict", "A wrong version comes before a key.");
      same(await verdict({ token: held.token, state: "active" }), "duplicate", "A key that is held was not looked at.");
      await t.adapter.remove({ ids: [held.id] });
      same(await verdict({ token: held.token }), "missing", "A job that is not there comes before a key.");
      await t.complete(await t.claim({ ids: [holder] }));
    },
  },
  {
    promise: "P12",
    title:
      "lets one of two finished jobs of a key be retried, in one call as well, and the other changes of it be made",
    async run(t) {
      const unique = until("finished");
      const ids: string[] = [];
      for (let i = 0; i < 3; i++) {
        ids.push(await t.add({ unique }));
        await t.complete(await t.claim());
      }
      const other = await t.add();
      const set = { state: "waiting" };
      const outcomes = await t.adapter.cas(
        [
          ...ids.map((id) => ({ id, expect: { state: "completed" }, set })),
          { id: other, expect: { state: "waiting" }, set: { priority: 1 } },
        ],
        { now: T0 },
      );
      const won = outcomes.filter((each, i) => each.status === "ok" && i < 3).length;
      same([won, outcomes[3]?.status], [1, "ok"], "Not one of several jobs of a key was retried.");
      const winner = ids[outcomes.findIndex((each) => each.status === "ok")];
      const named = outcomes.flatMap((each) => (each.status === "duplicate" ? [each.id] : []));
      same(named, [winner, winner], "A duplicate does not name the job that holds the key.");
    },
  },
];

/** A finished job, and another one that holds its key by now. */
async function ended(t: Trial, unique: Unique): Promise<{ readonly id: string; readonly holder: string }> {
  const id = await t.add({ unique });
  await t.complete(await t.claim());
  return { id, holder: await t.add({ unique }) };
}

/** A job that has started, and another one that holds its key since. */
async function started(t: Trial): Promise<{ readonly held: HeldJob; readonly holder: string }> {
  const unique = until("started");
  await t.add({ unique });
  const held = await t.claim();
  return { held, holder: await t.add({ unique }) };
}
