import fc, { type Arbitrary } from "fast-check";
import type { Plan } from "../settle.ts";
import { changes } from "./changes.ts";
import { chance, nth, one, weighted } from "./draw.ts";
import { jobs } from "./jobs.ts";
import { entries, lists, logs, removals, settings } from "./others.ts";
import { ALL, polls } from "./polls.ts";
import type { Taste, VerbWeights } from "./taste.ts";

/** How many steps a script has, before those at its end that bring to light what it has led to. */
const LENGTH = 40;

/** The plans of a script, the same for the same seed. */
export function draw(taste: Taste, seed: number): Plan[] {
  const script = fc.array(plans(taste), { minLength: LENGTH, maxLength: LENGTH });
  const [drawn = []] = fc.sample(fc.noBias(script), { seed, numRuns: 1 });
  return [...(taste.opening ?? []), ...drawn, ...end(taste)];
}

function plans(taste: Taste): Arbitrary<Plan> {
  const ids = fc.tuple(one("any", "gone"), nth).map(([pick, place]) => ({ pick, nth: place }));
  const several = (most: number, percent: number) => chance(percent).map((isMany) => (isMany ? most : 1));
  const deeds: Readonly<Record<keyof VerbWeights, Arbitrary<object>>> = {
    insert: fc
      .tuple(
        several(4, 60).chain((most) => fc.array(jobs(taste), { minLength: 1, maxLength: most, size: "max" })),
        chance(12),
        chance(25),
      )
      .map(([list, isWhole, isReversed]) => ({
        jobs: list,
        ...(isWhole && { allOrNone: true }),
        ...(isReversed && { isReversed }),
      })),
    poll: polls(taste).map((request) => ({ request })),
    cas: several(3, 25)
      .chain((most) => fc.array(changes(taste), { minLength: 1, maxLength: most, size: "max" }))
      .map((list) => ({ changes: list })),
    get: fc.oneof(
      fc.constant({ ids: { each: "any" } }),
      fc.array(ids, { minLength: 1, maxLength: 4, size: "max" }).map((some) => ({ ids: some })),
    ),
    list: lists(taste),
    remove: removals(taste),
    append: entries,
    events: logs,
    lanes: fc.constant({}),
    configure: settings(taste),
    reopen: fc.constant({}),
  };
  const named = Object.fromEntries(
    Object.entries(deeds).map(([verb, deed]) => [verb, deed.map((rest) => ({ verb, ...rest }))]),
  ) as typeof deeds;
  const wait = fc.oneof(
    {
      weight: taste.wait,
      arbitrary: fc.record({ until: one("lease", "lease", "due", "due", "kept"), plus: one(0, 0, 0, -1, 1, 500) }),
    },
    { weight: 80, arbitrary: one(1, 1, 1, 1, 0) },
    { weight: 6, arbitrary: one(100, 1000, 7000, 40_000) },
  );
  return fc
    .tuple(weighted<keyof VerbWeights, object>(taste.verbs, named), one("a", "a", "b"), wait)
    .map(([deed, by, waits]) => ({ ...deed, by, wait: waits }) as unknown as Plan);
}

/** Steps that look at everything, and let what is left over run. */
function end({ lanes }: Taste): readonly Plan[] {
  const by = "a";
  const holder = "ann";
  const all = { lanes, limit: ALL, lease: { ms: 1000, holder } };
  const finish = { expect: { token: "last" }, set: { state: "completed" } };
  const drain = (wait: number): Plan[] => [
    { verb: "poll", by, wait, request: { ...all, expired: ALL } },
    { verb: "cas", by, wait: 1, changes: { each: "held", with: finish } },
  ];
  return [
    { verb: "list", by, query: { order: "inserted", limit: ALL } },
    { verb: "lanes", by },
    { verb: "events", by, query: { limit: ALL }, goesOn: true },
    ...drain(1),
    ...drain(1),
    ...drain(100_000),
    { verb: "get", by, ids: { each: "any" } },
    { verb: "list", by, query: { order: "poll", limit: ALL } },
  ];
}
