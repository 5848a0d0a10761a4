import fc, { type Arbitrary } from "fast-check";
import { chance, nth, one, some, weighted } from "./draw.ts";
import { CUSTOM, GROUPS, keptFor, values } from "./jobs.ts";
import { ALL, patterns } from "./polls.ts";
import { predicates } from "./predicates.ts";
import type { SettingWeights, Taste } from "./taste.ts";

type Draft = Readonly<Record<string, unknown>>;

const STATES = ["waiting", "delayed", "active", "blocked", "completed", "failed", "cancelled", ...CUSTOM];

/** Reading lists to their end, or page by page while the store changes. */
export function lists({ lanes, poll }: Taste): Arbitrary<Draft> {
  const narrowed = some({
    lanes: [30, fc.tuple(one(...lanes))],
    states: [
      40,
      fc.oneof(one(["waiting"], ["delayed"]), fc.array(one(...STATES), { minLength: 1, maxLength: 4, size: "max" })),
    ],
    types: [poll.filter, patterns],
    group: [15, one(...GROUPS)],
    where: [poll.filter, predicates],
    order: [70, one("inserted", "poll", "poll", "finished")],
  });
  const whole = fc.tuple(narrowed, one(1, 2, 3, ALL)).map(([query, limit]) => ({ query: { ...query, limit } }));
  const page = fc.record({
    query: fc.record({ order: one("inserted", "poll"), limit: one(1, 2, 3) }),
    page: one("first", "next", "next"),
  });
  return fc.oneof({ weight: 2, arbitrary: whole }, { weight: 1, arbitrary: page });
}

/** Reading the log: all of it, of one job, or what has come since. */
export const logs: Arbitrary<Draft> = fc
  .tuple(
    some({
      id: [40, nth.map((n) => ({ pick: "any", nth: n }))],
      kinds: [30, fc.subarray(["inserted", "moved", "failed", "user"], { minLength: 1 })],
    }),
    one(1, 2, ALL),
    chance(50),
  )
  .map(([query, limit, goesOn]) => (goesOn ? { query: { limit }, goesOn: true } : { query: { ...query, limit } }));

/** Removing jobs: these, those that finished some time ago, or those that a lane keeps no longer. */
export function removals({ lanes }: Taste): Arbitrary<Draft> {
  const kinds = one("any", "finished", "held", "unfinished", "parent", "blocked", "gone");
  const ids = fc.array(
    fc.tuple(kinds, nth).map(([pick, n]) => ({ pick, nth: n })),
    { minLength: 1, maxLength: 3, size: "max" },
  );
  const limit = one(1, 2, ALL, ALL);
  const olderThanMs = one(0, 0, 10, 1000, 60_000);
  const states = fc.subarray(["completed", "failed", "cancelled"], { minLength: 1 });
  const keep = fc.tuple(
    fc.record({ completed: keptFor, failed: keptFor, cancelled: keptFor }),
    some({ count: [60, one(0, 1, 2, 4)] }),
  );
  return fc
    .oneof<[Arbitrary<Draft>, Arbitrary<Draft>, Arbitrary<Draft>]>(
      fc.record({ ids }),
      fc
        .tuple(some({ lane: [60, one(...lanes)] }), fc.record({ states, olderThanMs, limit }))
        .map(([lane, query]) => ({ ...lane, ...query })),
      fc
        .tuple(fc.record({ lane: one(...lanes), limit }), keep)
        .map(([query, [times, count]]) => ({ ...query, keep: { ...times, ...count } })),
    )
    .map((query) => ({ query }));
}

/** Events of users, with or without a lease. */
export const entries: Arbitrary<Draft> = fc
  .array(
    fc
      .tuple(
        one("any", "held", "held", "ended", "finished", "gone"),
        nth,
        values,
        some({ token: [50, one("last", "last", "earlier")] }),
      )
      .map(([pick, n, event, token]) => ({ id: { pick, nth: n }, event, ...token })),
    { minLength: 1, maxLength: 3, size: "max" },
  )
  .map((list) => ({ entries: list }));

/** A setting of a lane, set or reset. */
export function settings({ lanes, setting }: Taste): Arbitrary<Draft> {
  return fc.record({ lane: one(...lanes), settings: weighted(setting, SETTINGS) });
}

const SETTINGS: Readonly<Record<keyof SettingWeights, Arbitrary<object>>> = {
  paused: one(true, false, false, null).map((paused) => ({ paused })),
  capacity: one(1, 2, 3, 4, 6, null).map((capacity) => ({ capacity })),
  concurrency: one(1, 1, 2, 3, null).map((concurrency) => ({ concurrency })),
  rate: fc
    .oneof(
      {
        weight: 5,
        arbitrary: fc
          .tuple(
            fc.record({ limit: one(1, 2, 3, 7), periodMs: one(1000, 3000, 10_000) }),
            some({ burst: [40, one(1, 2, 5)] }),
          )
          .map(([rate, burst]) => ({ ...rate, ...burst })),
      },
      { weight: 1, arbitrary: fc.constant(null) },
    )
    .map((rate) => ({ rate })),
  order: one("fifo", "fifo", "priority", null).map((order) => ({ order })),
  keyConcurrency: one(1, 2, 2, 3, null).map((keyConcurrency) => ({ keyConcurrency })),
  keep: fc
    .oneof(
      {
        weight: 5,
        arbitrary: some({
          completed: [60, keptFor],
          failed: [40, keptFor],
          cancelled: [50, keptFor],
          count: [20, one(0, 2)],
        }),
      },
      { weight: 1, arbitrary: fc.constant(null) },
    )
    .map((keep) => ({ keep })),
  history: one("all", "all", "failures", null).map((history) => ({ history })),
};
