import { type Adapter, type Bucket, nextStartAt, type Rate, startsLeft, withStarts } from "@anyqueue/api";
import fc from "fast-check";
import type { Case } from "../case.ts";
import { holds, same, sameIds } from "../check.ts";
import { durable, shared } from "../needs.ts";
import { HOUR, LEASE, MINUTE, RANDOM_LIMIT, SECOND, T0 } from "../time.ts";
import type { Trial } from "../trial.ts";

/** P19: how many jobs of a lane polls may take, by a token bucket. */
export const rate: readonly Case[] = [
  {
    promise: "P19",
    title: "does not hold up a lane for a clock that was far ahead and was set back",
    async run(t) {
      await t.adapter.configure("main", { rate: { limit: 1, periodMs: SECOND } });
      await t.addAll([{}, {}]);
      same((await t.take({ limit: 9, now: T0 + HOUR })).length, 1, "The rate does not let the first one start.");
      same((await t.take({ limit: 9, now: T0 })).length, 1, "Nothing starts until the wrong clock is reached.");
    },
  },
  {
    promise: "P19",
    title: "lets a burst of jobs begin, and then as many as the lane's `rate` says, evenly and to the millisecond",
    async run(t) {
      await t.adapter.configure("main", { rate: { limit: 2, periodMs: SECOND, burst: 3 } });
      await t.addAll(Array.from({ length: 12 }, () => ({})));
      for (const [after, count] of [
        [0, 3],
        [0, 0],
        [499, 0],
        [500, 1],
        [999, 0],
        [1000, 1],
        [2250, 2],
        [2499, 0],
        [2500, 1],
        [HOUR, 3],
      ] as const) {
        const jobs = await t.take({ limit: 9, now: T0 + after });
        same(jobs.length, count, `After ${after} ms, not as many jobs began as the rate says.`);
      }
    },
  },
  {
    promise: "P19",
    title: "lets as many jobs begin at once as the limit says when no burst is given, in order",
    async run(t) {
      await t.adapter.configure("main", { rate: { limit: 2, periodMs: MINUTE } });
      const [a, b, urgent] = await t.addAll([{}, {}, { priority: 1 }]);
      sameIds(await t.take(), [urgent], "A rate changed the order.");
      sameIds(await t.take({ limit: 9 }), [a], "A burst is not as large as the limit.");
      sameIds(await t.take({ limit: 9, now: T0 + MINUTE / 2 }), [b], "The bucket was not refilled evenly.");
    },
  },
  {
    promise: "P19",
    scenarios: ["S76"],
    title: "lets one job begin every 25 milliseconds at a rate of one per 25, whoever asks how often",
    async run(t) {
      await t.adapter.configure("main", { rate: { limit: 1, periodMs: 25 } });
      const ids = await t.addAll(Array.from({ length: 21 }, () => ({})));
      const begun: number[] = [];
      for (let ms = 0; begun.length < ids.length && ms <= 600; ms += 5) {
        for (let poll = 0; poll < 3; poll++) {
          for (const _job of await t.take({ limit: 9, now: T0 + ms })) begun.push(ms);
        }
      }
      same(
        begun,
        ids.map((_, i) => i * 25),
        "Jobs did not begin every 25 milliseconds.",
      );
    },
  },
  {
    promise: "P19",
    title:
      "counts every job that a poll takes, however it is asked: by id, by type, by predicate, with a lease or without",
    async run(t) {
      await t.adapter.configure("main", { rate: { limit: 1, periodMs: MINUTE } });
      const [a, b] = await t.addAll([{}, {}, {}, {}, { state: "fetched" }, { state: "fetched" }]);
      const polls = [
        (now: number) => t.take({ ids: [a, b], limit: 9, now }),
        (now: number) => t.take({ types: ["**"], limit: 9, now }),
        (now: number) => t.take({ where: { lane: { eq: "main" } }, limit: 9, now }),
        (now: number) => t.advance({ from: "fetched", to: "parsed", limit: 9, now }),
        (now: number) => t.take({ from: "fetched", to: "parsing", limit: 9, now }),
        (now: number) => t.take({ lanes: ["main", "main"], limit: 9, now }),
      ];
      for (const [i, poll] of polls.entries()) {
        const now = T0 + i * MINUTE;
        same((await poll(now)).length, 1, `Poll ${i} did not take one job.`);
        for (const other of polls) same(await other(now), [], `After poll ${i}, another one found a job.`);
      }
    },
  },
  {
    promise: "P19",
    title: "counts jobs that begin, and nothing else: no poll that finds nothing, no rescue, no end of a job",
    async run(t) {
      await t.adapter.configure("main", { rate: { limit: 3, periodMs: HOUR } });
      const [first] = await t.addAll([{}, { delayMs: LEASE }, { delayMs: LEASE }, { delayMs: LEASE }]);
      const held = await t.claim({ limit: 9 });
      same(held.id, first, "The first job was due.");
      for (let i = 0; i < 5; i++) same((await t.poll({ limit: i % 2 ? 9 : 0 })).jobs, [], "No job is due.");
      const rescued = await t.rescue(held.lease.until);
      await t.apply({ id: first, expect: { token: rescued.token }, set: { state: "failed" } }, held.lease.until);
      same((await t.take({ limit: 9, now: T0 + LEASE })).length, 2, "Something else than a start was counted.");
    },
  },
  {
    promise: "P19",
    title: "counts a job that was handed back or tried again each time that it begins",
    async run(t) {
      await t.adapter.configure("main", { rate: { limit: 2, periodMs: MINUTE } });
      const id = await t.add();
      for (let i = 0; i < 2; i++) {
        const { token } = await t.claim();
        await t.apply({ id, expect: { token }, set: { state: "waiting" } });
      }
      sameIds(await t.take(), [], "A job began more often than the rate says.");
      sameIds(await t.take({ now: T0 + MINUTE / 2 }), [id], "A job did not begin when the rate allowed it.");
    },
  },
  {
    promise: "P19",
    title: "binds by the rate as it is now, in its own lane, and not while the lane is paused",
    async run(t) {
      const perHour = { limit: 1, periodMs: HOUR };
      await t.adapter.configure("main", { rate: perHour, paused: true });
      await t.addAll([...Array.from({ length: 4 }, () => ({})), { lane: "side" }, { lane: "side" }]);
      const lanes = ["main", "side"];
      same((await t.take({ lanes, limit: 9 })).length, 2, "A paused lane gave jobs, or a rate held up another lane.");
      await t.adapter.configure("main", { paused: null });
      same((await t.take({ limit: 9 })).length, 1, "A pause used up the rate, or it does not hold.");
      await t.adapter.configure("main", { rate: { limit: 1, periodMs: SECOND } });
      same((await t.take({ limit: 9, now: T0 + SECOND })).length, 1, "A rate that was changed does not hold.");
      same((await t.take({ limit: 9, now: T0 + SECOND })).length, 0, "A rate that was changed does not hold.");
      await t.adapter.configure("main", { rate: null });
      same((await t.take({ limit: 9, now: T0 + SECOND })).length, 2, "A rate that was reset still holds.");
    },
  },
  {
    promise: "P19",
    title: "keeps to the rate and to the concurrency of a lane that has both",
    async run(t) {
      await t.adapter.configure("main", { rate: { limit: 3, periodMs: MINUTE }, concurrency: 2 });
      await t.addAll(Array.from({ length: 6 }, () => ({})));
      const jobs = await t.take({ limit: 9 });
      same(jobs.length, 2, "The concurrency was not kept.");
      for (const job of jobs) await t.complete(job);
      same((await t.take({ limit: 9 })).length, 1, "The rate was not kept, or jobs that did not begin were counted.");
    },
  },
  {
    promise: "P19",
    title: "gains nothing from a clock that goes back a little",
    async run(t) {
      await t.adapter.configure("main", { rate: { limit: 1, periodMs: SECOND } });
      await t.addAll([{}, {}, {}], { now: T0 - HOUR });
      same((await t.take({ limit: 9 })).length, 1, "The first job did not begin.");
      same((await t.take({ limit: 9, now: T0 - SECOND })).length, 0, "A clock that went back let another job begin.");
      same(
        (await t.take({ limit: 9, now: T0 + SECOND - 1 })).length,
        0,
        "A clock that went back and on let a job begin.",
      );
      same((await t.take({ limit: 9, now: T0 + SECOND })).length, 1, "The rate was lost with the clock.");
    },
  },
  {
    promise: "P19",
    title: "lets no more jobs begin than the rate says when several handles poll at the same time",
    needs: shared,
    async run(t) {
      const handles: Adapter[] = [t.adapter, await t.reopen(), await t.reopen(), await t.reopen()];
      await t.adapter.configure("main", { rate: { limit: 10, periodMs: SECOND, burst: 6 } });
      await t.addAll(Array.from({ length: 60 }, () => ({})));
      for (const [now, most] of [
        [T0, 6],
        [T0 + 500, 5],
        [T0 + 2500, 6],
        [T0 + 2600, 1],
      ] as const) {
        const polls = [...handles, ...handles].map((handle) => t.take({ limit: 2, now }, handle));
        const jobs = (await Promise.all(polls)).flat();
        // Polls that met each other may have left a start over; the next one takes it.
        jobs.push(...(await t.take({ limit: 9, now })));
        same(jobs.length, most, "Handles that polled together did not begin just as many jobs as the rate says.");
      }
    },
  },
  {
    promise: "P19",
    title: "gives no second burst after the store was closed and opened again",
    needs: durable,
    async run(t) {
      await t.adapter.configure("main", { rate: { limit: 4, periodMs: MINUTE } });
      await t.addAll(Array.from({ length: 8 }, () => ({})));
      same((await t.take({ limit: 3 })).length, 3, "The first jobs did not begin.");
      await t.adapter.close();
      const again = await t.reopen();
      same((await t.take({ limit: 9 }, again)).length, 1, "What was left of the rate was forgotten.");
      same((await t.take({ limit: 9, now: T0 + MINUTE / 4 }, again)).length, 1, "The bucket was not refilled evenly.");
    },
  },
  {
    promise: "P19",
    title: "begins as many jobs as a token bucket lets through, at any rate and any times, and tells when the next may",
    async run(t) {
      const rates = fc.record({
        limit: fc.integer({ min: 1, max: 7 }),
        periodMs: fc.constantFrom(10, 100, 333, 1000),
        burst: fc.integer({ min: 1, max: 9 }),
      });
      const polls = fc.array(fc.record({ wait: fc.nat(400), limit: fc.integer({ min: 1, max: 5 }) }), {
        minLength: 3,
        maxLength: 15,
      });
      let round = 0;
      await fc.assert(
        fc.asyncProperty(rates, polls, async (setting, steps) => {
          round += 1;
          await followBucket(t, `round${round}`, setting, steps);
        }),
        { seed: t.seed, numRuns: 25, interruptAfterTimeLimit: RANDOM_LIMIT },
      );
    },
  },
];

async function followBucket(
  t: Trial,
  lane: string,
  setting: Rate,
  steps: readonly { readonly wait: number; readonly limit: number }[],
): Promise<void> {
  await t.adapter.configure(lane, { rate: setting });
  await t.addAll(Array.from({ length: 80 }, () => ({ lane })));
  let bucket: Bucket | undefined;
  let now = T0;
  for (const { wait, limit } of steps) {
    now += wait;
    const left = startsLeft(bucket, setting, now);
    const request = { lanes: [lane], limit, lease: { ms: HOUR, holder: "ann" }, now };
    const { jobs, nextDueAt } = await t.adapter.poll(request);
    same(jobs.length, Math.min(limit, left), "Not as many jobs began as the bucket holds.");
    bucket = withStarts(bucket, setting, now, jobs.length);
    const next = nextStartAt(bucket, setting, now);
    holds(
      nextDueAt !== null && nextDueAt <= next,
      "`nextDueAt` is later than the time at which the rate allows a start.",
    );
    if (jobs.length < limit) same(nextDueAt, next, "`nextDueAt` is not when the rate allows the next start.");
  }
}
