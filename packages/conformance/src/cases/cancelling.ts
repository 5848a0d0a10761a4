import type { Case } from "../case.ts";
import { holds, same, sameIds, status } from "../check.ts";
import { HOUR, MINUTE, SECOND, T0 } from "../time.ts";
import type { HeldJob, Trial } from "../trial.ts";

/** P21: cancelling. */
export const cancelling: readonly Case[] = [
  {
    promise: "P21",
    title: "cancels a job that nobody holds at once, whatever it waits for",
    async run(t) {
      for (const wish of [{}, { delayMs: HOUR }, { state: "fetched" }]) {
        const id = await t.add(wish);
        const { state } = await t.read(id);
        const outcome = await t.cas({ id, expect: { state }, set: { cancel: true } }, T0 + 1);
        same(outcome, { status: "ok", version: 2 }, "Cancelling a job that nobody holds was not done at once.");
        const job = await t.read(id);
        same([job.state, job.finishedAt, job.version], ["cancelled", T0 + 1, 2], "A cancelled job is wrong.");
        same("cancelRequested" in job, false, "A job that is cancelled still waits for its cancellation.");
        same(await t.take({ limit: 9, now: T0 + HOUR }), [], "A cancelled job was found.");
      }
    },
  },
  {
    promise: "P21",
    scenarios: ["S45"],
    title: "asks the holder of a held job to stop, which learns it with the next renewal",
    async run(t) {
      const { id, held } = await cancelled(t);
      const asked = await t.read(id);
      const expected = { ...held, cancelRequested: true, version: held.version + 1, updatedAt: T0 + 1 };
      same(asked, expected, "Cancelling a held job did more than asking its holder to stop.");
      const renewal = await t.cas({ id, expect: { token: held.token }, set: { leaseMs: MINUTE } }, T0 + 2);
      same(
        renewal,
        { status: "ok", version: asked.version, cancelRequested: true },
        "A renewal does not tell its holder.",
      );
      same((await t.read(id)).cancelRequested, true, "A renewal made the job forget its cancellation.");
      const work = await t.cas({ id, expect: { token: held.token }, set: { progress: 1 } }, T0 + 2);
      same("cancelRequested" in work, true, "Other changes do not tell the holder.");
    },
  },
  {
    promise: "P21",
    title: "lets the holder settle a job that was asked to stop: what it says is final",
    async run(t) {
      for (const state of ["completed", "failed", "cancelled"]) {
        const { id, held } = await cancelled(t);
        const set = { state, ...(state === "completed" && { result: "in time" }) };
        status(
          await t.cas({ id, expect: { token: held.token }, set }, T0 + 2),
          "ok",
          `The holder could not say ${state}.`,
        );
        const job = await t.read(id);
        same([job.state, "cancelRequested" in job, "lease" in job], [state, false, false], "The settled job is wrong.");
        same(job.result, state === "completed" ? "in time" : undefined, "The result is wrong.");
      }
    },
  },
  {
    promise: "P21",
    title: "cancels a job that was asked to stop when its holder gives it back, in whatever way",
    async run(t) {
      for (const set of [
        { state: "waiting" },
        { state: "waiting", attempt: 0 },
        { state: "waiting", delayMs: MINUTE, error: { message: "broke" } },
        { state: "waiting", requeue: true as const },
        { state: "fetched" },
      ]) {
        const { id, held } = await cancelled(t);
        await t.apply({ id, expect: { token: held.token }, set }, T0 + 2);
        const job = await t.read(id);
        const facts = [job.state, job.finishedAt, "lease" in job, "cancelRequested" in job];
        same(
          facts,
          ["cancelled", T0 + 2, false, false],
          `A job that was asked to stop went on: ${JSON.stringify(set)}.`,
        );
        same(await t.take({ limit: 9, now: T0 + HOUR }), [], "A job that was asked to stop was found again.");
      }
    },
  },
  {
    promise: "P21",
    title: "goes on waiting for the holder when a held job is cancelled twice, or moves on within its lease",
    async run(t) {
      const { id, held } = await cancelled(t);
      const again = await t.cas({ id, expect: { state: "active" }, set: { cancel: true } }, T0 + 2);
      status(again, "ok", "A job could not be cancelled a second time.");
      const set = { state: "indexing", leaseMs: MINUTE };
      const moved = await t.apply({ id, expect: { token: held.token }, set }, T0 + 3);
      same(moved.cancelRequested, true, "Moving on within a lease does not tell the holder.");
      const job = await t.read(id);
      same([job.state, job.cancelRequested], ["indexing", true], "A held job was not left to its holder.");
    },
  },
  {
    promise: "P21",
    title: "cancels at once when the lease has ended",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      await t.apply({ id, expect: { state: "active" }, set: { cancel: true } }, held.lease.until);
      const job = await t.read(id);
      same([job.state, "lease" in job], ["cancelled", false], "A job whose lease had ended was not cancelled at once.");
      const { expired } = await t.poll({ limit: 0, expired: 9, now: held.lease.until + HOUR });
      same(expired, [], "A cancelled job was taken over.");
    },
  },
  {
    promise: "P21",
    title: "is cancelled when its holder dies after it was asked to stop",
    async run(t) {
      const store = await t.store();
      const { id, held } = await cancelled(t);
      const taken = await t.rescue(held.lease.until);
      same(taken.cancelRequested, true, "A rescuer does not learn that the job was asked to stop.");
      same(await store.rescue({ limit: 9, now: taken.lease.until }), 1, "The job was not settled.");
      const job = await t.read(id);
      same(
        [job.state, "cancelRequested" in job],
        ["cancelled", false],
        "A job that was asked to stop was not cancelled.",
      );
    },
  },
  {
    promise: "P21",
    title: "does not remember a cancellation that was settled when the job is retried",
    async run(t) {
      const { id, held } = await cancelled(t);
      await t.apply({ id, expect: { token: held.token }, set: { state: "cancelled" } });
      await t.apply({ id, expect: { state: "cancelled" }, set: { state: "waiting" } });
      const again = await t.claim();
      same([again.id, "cancelRequested" in again], [id, false], "A retried job is asked to stop once more.");
      await t.apply({ id, expect: { token: again.token }, set: { state: "waiting" } });
      same((await t.read(id)).state, "waiting", "A retried job was cancelled by its old cancellation.");
    },
  },
  {
    promise: "P21",
    scenarios: ["S45"],
    title: "lists the jobs of a group, which are cancelled together: the held one is asked, the others end at once",
    async run(t) {
      const ids = await t.addAll([
        { group: "7" },
        { group: "7" },
        { group: "7", lane: "side" },
        { group: "70" },
        {},
        { group: "7", delayMs: HOUR },
        { group: "7", state: "fetched" },
      ]);
      const [first, second, side, other, none, delayed, custom] = ids;
      const held = await t.claim();
      same(held.id, first, "The first job was due.");
      const { items } = await t.adapter.list({ group: "7", limit: 99, now: T0 });
      sameIds(items, [first, second, side, delayed, custom], "A list by group is wrong.");
      const changes = items.map(({ id, state }) => ({ id, expect: { state }, set: { cancel: true as const } }));
      const outcomes = await t.adapter.cas(changes, { now: T0 + SECOND });
      holds(
        outcomes.every((outcome) => outcome.status === "ok"),
        "A job of the group was not cancelled.",
      );
      const asked = outcomes.map((outcome) => "cancelRequested" in outcome);
      same(asked, [true, false, false, false, false], "An outcome does not tell whether a holder was asked.");
      const states = (await t.adapter.get(ids)).map((job) => job?.state);
      const expected = ["active", "cancelled", "cancelled", "waiting", "waiting", "cancelled", "cancelled"];
      same(states, expected, "Not just the jobs of the group were cancelled.");
      sameIds(await t.take({ limit: 9, now: T0 + SECOND }), [other, none], "A cancelled job was found.");
    },
  },
  {
    promise: "P21",
    title: "keeps the keys and the slot of a held job that was asked to stop until it is settled",
    async run(t) {
      await t.adapter.configure("slots", { concurrency: 1 });
      for (const end of ["settled", "rescued"] as const) {
        const unique = { key: end, until: "finished" } as const;
        const wish = { unique, orderingKey: end, lane: "slots" };
        const id = await t.add(wish);
        const next = await t.add({ orderingKey: end, lane: "slots" });
        const held = await t.claim({ lanes: ["slots"] });
        await t.apply({ id, expect: { state: "active" }, set: { cancel: true } }, T0 + 1);
        for (const now of [T0 + 1, held.lease.until + 1]) {
          same(
            await t.take({ lanes: ["slots"], limit: 9, now }),
            [],
            "A job that was asked to stop lost its turn or slot.",
          );
          const [outcome] = await t.adapter.insert([t.job(wish)], { now });
          same(outcome?.status === "existing" && outcome.id, id, "A job that was asked to stop lost its unique key.");
        }
        const now = held.lease.until + 1;
        if (end === "rescued") await (await t.store()).rescue({ limit: 9, now });
        else await t.apply({ id, expect: { version: held.version + 1 }, set: { state: "cancelled" } }, now);
        same((await t.read(id)).state, "cancelled", "A job that was asked to stop was not cancelled.");
        const follower = await t.claim({ lanes: ["slots"], limit: 9, now });
        same(follower.id, next, "A cancelled job kept its turn or slot.");
        await t.complete(follower, null, now);
        await t.adapter.remove({ ids: [await t.add(wish)] });
      }
    },
  },
];

/** A job that was asked to stop while somebody holds it. */
async function cancelled(t: Trial): Promise<{ readonly id: string; readonly held: HeldJob }> {
  const id = await t.add();
  const held = await t.claim();
  const outcome = await t.apply({ id, expect: { state: "active" }, set: { cancel: true } }, T0 + 1);
  same(outcome.cancelRequested, true, "The answer does not tell that the holder was asked to stop.");
  return { id, held };
}
