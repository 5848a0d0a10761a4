import type { Case } from "../case.ts";
import { holds, same, sameIds } from "../check.ts";
import { HOUR, LEASE, MINUTE, SECOND, T0 } from "../time.ts";

/** P8: when a job is due. */
export const due: readonly Case[] = [
  {
    promise: "P8",
    scenarios: ["S80"],
    title: "finds a scheduled job at its time, and not a millisecond before",
    async run(t) {
      const [at, delayed] = await t.addAll([{ runAt: T0 + 500 }, { delayMs: 500 }]);
      same(await t.take({ limit: 5, now: T0 + 499 }), [], "A job was found before it was due.");
      sameIds(await t.take({ limit: 5, now: T0 + 500 }), [at, delayed], "A job was not found when it was due.");
    },
  },
  {
    promise: "P8",
    scenarios: ["S28", "S81", "S120"],
    title: "finds a job that was put off when it is due again, and not before",
    async run(t) {
      const id = await t.add();
      const first = await t.claim();
      const set = { state: "waiting", delayMs: 500, error: { message: "later" } };
      await t.apply({ id, expect: { token: first.token }, set }, T0 + 10);
      same((await t.read(id)).runAt, T0 + 510, "`delayMs` was not counted from the store's clock.");
      same(await t.take({ now: T0 + 509 }), [], "A job that was put off was found too early.");
      const second = await t.claim({ now: T0 + 510 });
      same(second.attempt, 2, "A second try is not the second attempt.");
    },
  },
  {
    promise: "P8",
    title: "lets no delayed job, however urgent, stand in the way of one that is due",
    async run(t) {
      await t.addAll(Array.from({ length: 1500 }, () => ({ priority: 0, delayMs: HOUR })));
      const ids = await t.addAll([{ priority: 2000 }, { priority: 1000 }]);
      sameIds(await t.take({ limit: 10 }), ids.toReversed(), "Jobs that are due hide behind jobs that are not.");
    },
  },
  {
    promise: "P8",
    title: "holds delayed jobs of a custom state back as well",
    async run(t) {
      const id = await t.add({ state: "fetched", delayMs: SECOND });
      same(await t.advance({ from: "fetched", to: "parsed", now: T0 + 999 }), [], "A delayed job was found too early.");
      sameIds(await t.advance({ from: "fetched", to: "parsed", now: T0 + SECOND }), [id], "A due job was not found.");
    },
  },
  {
    promise: "P8",
    title: "needs nobody to promote jobs that fall due between two polls, in order of priority",
    async run(t) {
      const [c, a, b] = await t.addAll([
        { priority: 3, runAt: T0 + 10 },
        { priority: 1, runAt: T0 + 30 },
        { priority: 2, runAt: T0 + 20 },
      ]);
      const late = await t.add({ priority: 0, runAt: T0 + 31 });
      sameIds(
        await t.take({ limit: 9, now: T0 + 30 }),
        [a, b, c],
        "Jobs that fell due are not found, or not in order.",
      );
      sameIds(await t.take({ limit: 9, now: T0 + MINUTE }), [late], "A job that fell due later is not found.");
    },
  },
  {
    promise: "P8",
    title: "makes a job due at once when its time is moved to the past",
    async run(t) {
      const id = await t.add({ delayMs: HOUR });
      same(await t.take(), [], "A delayed job was found.");
      await t.apply({ id, expect: { state: "waiting" }, set: { runAt: T0 - 1 } });
      sameIds(await t.take(), [id], "A job whose time was moved up is not found.");
    },
  },
  {
    promise: "P8",
    scenarios: ["S35", "S103"],
    title: "goes by the store's clock when no time is given",
    async run(t) {
      const [soon, later] = [t.job(), t.job({ delayMs: HOUR })];
      await t.adapter.insert([soon, later]);
      const lease = { ms: LEASE, holder: "ann" };
      const { jobs, nextDueAt } = await t.adapter.poll({ lanes: ["main"], limit: 9, lease });
      sameIds(jobs, [soon.id], "Without a given time the store's clock does not decide what is due.");
      const [job] = jobs;
      holds(job?.lease !== undefined, "The job came without a lease.");
      same(job.lease.until, job.updatedAt + LEASE, "A lease does not end its length after the store's clock.");
      holds(Math.abs(job.insertedAt - Date.now()) < 10 * MINUTE, "The store's clock is more than ten minutes off.");
      holds(
        nextDueAt !== null && nextDueAt <= job.updatedAt + LEASE,
        "`nextDueAt` is later than the end of the lease.",
      );
      const [renewed] = await t.adapter.cas([
        { id: soon.id, expect: { token: job.token }, set: { state: "completed" } },
      ]);
      same(renewed?.status, "ok", "A lease that should live was refused.");
    },
  },
];
