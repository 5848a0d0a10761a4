import { type Adapter, holdsKey, type InsertOutcome, type Job } from "@anyqueue/api";
import fc from "fast-check";
import type { Case } from "../case.ts";
import { same, sameIds, status } from "../check.ts";
import { durable, shared, transactional } from "../needs.ts";
import { HOUR, MINUTE, RANDOM_LIMIT, SECOND, T0 } from "../time.ts";
import type { Trial } from "../trial.ts";
import { refused, until } from "./unique.ts";

/** P17 when many ask at once, at random, in a transaction, or after the store was closed. */
export const uniqueRaces: readonly Case[] = [
  {
    promise: "P17",
    title: "adds one of many jobs of one key that are added at the same time",
    async run(t) {
      await race(t, Array<Adapter>(20).fill(t.adapter));
    },
  },
  {
    promise: "P17",
    title: "adds one of many jobs of one key that several handles add at the same time",
    needs: shared,
    async run(t) {
      const handles = [t.adapter, await t.reopen(), await t.reopen(), await t.reopen()];
      await race(t, [...handles, ...handles, ...handles]);
    },
  },
  {
    promise: "P17",
    title: "lets one win when a retry and an insert of its key come at the same time, from several handles",
    needs: shared,
    async run(t) {
      const another = await t.reopen();
      for (let round = 0; round < 15; round++) {
        const unique = until("finished", `key${round}`);
        const id = await t.add({ unique });
        await t.complete(await t.claim());
        const job = t.job({ unique });
        const [outcomes, retried] = await Promise.all([
          another.insert([job], { now: T0 }),
          t.cas({ id, expect: { state: "completed" }, set: { state: "waiting" } }),
        ]);
        const jobWon = outcomes[0]?.status === "added";
        same(
          [outcomes[0]?.status, retried.status],
          jobWon ? ["added", "duplicate"] : ["existing", "ok"],
          "A retry and an insert both took one key, or neither.",
        );
        sameIds(await t.take({ limit: 9 }), [jobWon ? job.id : id], "Not just the winner is due.");
      }
    },
  },
  {
    promise: "P17",
    scenarios: ["S95"],
    title: "gives a key back when the transaction that took it is rolled back, and holds it once it commits",
    needs: transactional,
    async run(t) {
      const unique = until("finished");
      const [lost, kept] = [t.job({ unique }), t.job({ unique })];
      await t
        .transaction(async (tx) => {
          const [outcome] = await t.adapter.insert([lost], { now: T0, tx });
          status(outcome ?? { status: "nothing" }, "added", "A key was not free in a transaction.");
          const [again] = await t.adapter.insert([t.job({ unique })], { now: T0, tx });
          status(again ?? { status: "nothing" }, "existing", "A transaction took a key twice.");
          throw new Error("roll back");
        })
        .catch(() => {});
      same(await t.adapter.get([lost.id]), [null], "A job outlived the rollback of its transaction.");
      await t.transaction(async (tx) => void (await t.adapter.insert([kept], { now: T0, tx })));
      await refused(t, { unique }, kept.id);
    },
  },
  {
    promise: "P17",
    title: "knows over a close and another open who holds a key",
    needs: durable,
    async run(t) {
      const [waiting, window] = [until("finished", "waiting"), until({ windowMs: HOUR }, "window")];
      const started = until("started", "started");
      const [a, b, c] = await t.addAll([{ unique: started }, { unique: waiting, delayMs: MINUTE }, { unique: window }]);
      const held = await t.claim();
      same(held.id, a, "The first job was due.");
      const next = await t.add({ unique: started });
      await t.complete(await t.claim({ ids: [c] }));
      await t.adapter.close();
      const again = await t.reopen();
      for (const [unique, holder] of [
        [waiting, b],
        [window, c],
        [started, next],
      ] as const) {
        const [outcome] = await again.insert([t.job({ unique })], { now: T0 + SECOND });
        same(idOf(outcome), holder, "Another job took a key that was held when the store was closed.");
      }
      const back = { id: a, expect: { token: held.token }, set: { state: "waiting" } };
      same(await t.cas(back, T0 + 1, again), { status: "duplicate", id: next }, "Two jobs hold one key.");
    },
  },
  {
    promise: "P17",
    title: "answers `existing` exactly when another job holds the key, whatever happened before",
    async run(t) {
      const step = fc.record({
        verb: fc.constantFrom("insert", "insert", "poll", "complete", "back", "retry", "remove", "wait"),
        key: fc.constantFrom("a", "b"),
        until: fc.constantFrom("started" as const, "finished" as const, { windowMs: 20 }),
        pick: fc.nat(99),
      });
      let round = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
          round += 1;
          const lane = `round${round}`;
          let now = T0;
          for (const { verb, key, pick, ...wish } of steps) {
            const jobs = (await t.adapter.list({ lanes: [lane], limit: 99, now })).items;
            const holder = jobs.find((job) => job.unique?.key === key && holdsKey(job, now));
            if (verb === "wait") now += 7;
            if (verb === "insert") {
              const [outcome] = await t.adapter.insert([t.job({ lane, unique: { key, until: wish.until } })], { now });
              same(idOf(outcome), holder?.id, "An insert did not answer who holds its key.");
            }
            if (verb === "poll") await t.take({ lanes: [lane], lease: { ms: HOUR, holder: "ann" }, now });
            if (verb === "remove")
              await t.adapter.remove({ ids: jobs.slice(pick % 7, (pick % 7) + 1).map((job) => job.id) });
            const change = changeOf(verb, jobs, pick);
            if (change) {
              const { before, ...rest } = change;
              const others = jobs.filter((job) => job.id !== before.id && job.unique?.key === before.unique?.key);
              const other = others.find((job) => holdsKey(job, now));
              const takes =
                !holdsKey(before, now) && holdsKey({ ...before, lease: undefined, state: rest.set.state }, now);
              const outcome = await t.cas(rest, now);
              const expected =
                takes && other ? { status: "duplicate", id: other.id } : { status: "ok", version: before.version + 1 };
              same(outcome, expected, "A change did not look at who holds the key.");
            }
          }
        }),
        { seed: t.seed, numRuns: 40, interruptAfterTimeLimit: RANDOM_LIMIT },
      );
    },
  },
];

/** A change to one of the jobs to which it applies. */
function changeOf(verb: string, jobs: readonly Job[], pick: number) {
  const isHeld = (job: Job) => job.lease !== undefined;
  const fitting = jobs.filter((job) => (verb === "retry" ? job.finishedAt !== undefined : isHeld(job)));
  const before = fitting[pick % Math.max(1, fitting.length)];
  if (!before || !["complete", "back", "retry"].includes(verb)) return undefined;
  const state = verb === "complete" ? "completed" : "waiting";
  return { before, id: before.id, expect: { version: before.version }, set: { state } };
}

/** Adds a job of one key by each of these handles at once; one of them has to win. */
async function race(t: Trial, handles: readonly Adapter[]): Promise<void> {
  for (const end of ["finished", { windowMs: HOUR }] as const) {
    const unique = until(end, JSON.stringify(end));
    const answers = await Promise.all(
      handles.map((handle, i) => handle.insert([t.job(), t.job({ unique, payload: i })], { now: T0 })),
    );
    const outcomes = answers.map(([, outcome]) => outcome);
    const added = outcomes.flatMap((each) => (each?.status === "added" ? [each.id] : []));
    same(added.length, 1, "Not exactly one of many jobs of one key was added.");
    const named = outcomes.map((each) => idOf(each) ?? added[0]);
    same(new Set(named), new Set(added), "Who lost was not told the job that holds the key.");
    const { items } = await t.adapter.list({ where: { payload: { gte: 0 } }, limit: 99, now: T0 });
    sameIds(
      items.filter((job) => job.unique?.key === unique.key),
      added,
      "Another job is stored than the one that was added.",
    );
  }
}

/** Who holds the key, if the job was not added. */
function idOf(outcome: InsertOutcome | undefined): string | undefined {
  return outcome?.status === "existing" ? outcome.id : undefined;
}
