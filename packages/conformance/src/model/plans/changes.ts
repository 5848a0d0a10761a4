import fc, { type Arbitrary } from "fast-check";
import type { Kind } from "../known.ts";
import { chance, nth, one, some, weighted } from "./draw.ts";
import { CUSTOM, jobs, newIds, values } from "./jobs.ts";
import { predicates } from "./predicates.ts";
import type { ChangeWeights, Taste } from "./taste.ts";

type Draft = Readonly<Record<string, unknown>>;

const UNFINISHED = ["waiting", "active", "blocked", ...CUSTOM];
const FINISHED = ["completed", "failed", "cancelled"];

/** One change, of any of the kinds that there are in the life of a job. */
export function changes(taste: Taste): Arbitrary<Draft> {
  const extras = some({
    event: [14, values],
    spawn: [taste.spawn, fc.array(spawned(taste), { minLength: 1, maxLength: 2, size: "max" })],
  });
  return fc
    .tuple(weighted(taste.change, KINDS), extras, chance(taste.wrong), wrongs)
    .map(([change, extra, isWrong, wrong]) => ({
      ...change,
      ...extra,
      ...(isWrong && { expect: { ...(change["expect"] as object), ...wrong } }),
    }));
}

/** A later due time, in one of the two ways to say it, or none. */
const delays: Arbitrary<object> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: one(0, 1, 500, 20_000).map((delayMs) => ({ delayMs })) },
  { weight: 2, arbitrary: one(-1000, 0, 1, 1000, 30_000).map((runIn) => ({ runIn })) },
);

const errors = fc.record({
  message: one("boom", "no", ""),
  code: one("E1", "TIMEOUT", "LEASE_ENDED", "LEASE_ENDED"),
  attempt: one(1, 2, 3),
});

const KINDS: Readonly<Record<keyof ChangeWeights, Arbitrary<Draft>>> = {
  complete: byHolder(fc.oneof(values, values, one(undefined)).map((result) => ({ state: "completed", result }))),
  fail: byHolder(
    fc
      .tuple(errors, one("waiting", "waiting", "failed"), delays)
      .map(([error, state, delay]) => ({ error, state, ...(state === "waiting" && delay) })),
  ),
  giveBack: byHolder(
    fc
      .tuple(delays, some({ attempt: [50, one(0, 1)], requeue: [20, one(true)], priority: [10, one(0, 9, 512)] }))
      .map(([delay, more]) => ({ state: "waiting", ...delay, ...more })),
  ),
  renew: byHolder(one(1, 1000, 20_000, 60_000).map((leaseMs) => ({ leaseMs }))),
  note: byHolder(some({ progress: [80, values], leaseMs: [40, one(1000, 20_000)], priority: [10, one(1, 600)] })),
  move: byHolder(
    fc
      .tuple(one<string>(...CUSTOM, "waiting"), some({ leaseMs: [40, one(1000, 30_000)], progress: [30, values] }))
      .map(([state, more]) => ({ state, ...more })),
  ),
  // By one whose lease has ended, or whose job was taken over, or ended otherwise.
  late: on(["ended", "ended", "finished", "held", "gone", "any"], {
    expect: one({ token: "last" }, { token: "earlier" }, { token: "earlier" }),
    set: one<object>({ state: "completed", result: 1 }, { state: "waiting" }, { leaseMs: 1000 }, { progress: 7 }),
  }),
  edit: on(["free", "free", "any"], {
    expect: fc.oneof(
      one({ version: "last" }),
      one({ state: UNFINISHED }, { state: "waiting" }),
      predicates.map((where) => ({ version: "last", where })),
    ),
    set: fc
      .tuple(delays, some({ priority: [60, one(0, 9, 512, 600)], payload: [40, values], progress: [20, values] }))
      .map(([delay, more]) => ({ ...delay, ...more })),
  }),
  requeue: on(["free", "any"], {
    expect: one({ state: UNFINISHED }),
    set: some({ requeue: [100, one(true)], priority: [20, one(0, 512)], state: [15, one("waiting", ...CUSTOM)] }),
  }),
  end: on(["parent", "parent", "unfinished"], {
    expect: one({ state: UNFINISHED }, { version: "last" }),
    set: one<object>(
      { state: "completed", result: 0 },
      { state: "completed" },
      { state: "failed" },
      { state: "cancelled" },
    ),
  }),
  cancel: on(["held", "free", "blocked", "any"], {
    expect: one({ state: UNFINISHED }, { version: "last" }),
    set: one({ cancel: true }),
  }),
  revive: on(["finished"], {
    expect: one({ state: FINISHED }, { version: "last" }),
    set: fc
      .tuple(delays, some({ attempt: [60, one(0)], unique: [10, one(null)], requeue: [15, one(true)] }))
      .map(([delay, more]) => ({ state: "waiting", ...delay, ...more })),
  }),
  release: on(["blocked"], {
    expect: one({ state: "blocked" }),
    set: one<object>(
      { state: "waiting" },
      { state: "waiting" },
      { state: "fetched" },
      { priority: 3 },
      { state: "completed" },
    ),
  }),
  any: on(["any"], {
    expect: one<object>(
      { state: UNFINISHED },
      { version: "last" },
      { state: FINISHED },
      { token: "last" },
      { token: "last", version: "last" },
    ),
    set: one<object>(
      { state: "completed" },
      { state: "failed", error: { message: "given up" } },
      { state: "cancelled" },
      { state: "parsed" },
      { unique: null },
      { leaseMs: 500 },
      { attempt: 5 },
      {},
    ),
  }),
};

/** What is wrong about a change: it should be refused, mostly. */
const wrongs = one<object>(
  { token: "earlier" },
  { token: "earlier" },
  { token: "never" },
  { version: "earlier" },
  { state: "waiting" },
  { state: [] },
  { where: { "payload.n": { eq: 1 } } },
  { where: { attempt: { gte: 2 } } },
);

/** A change by who holds the job, or did. */
function byHolder(set: Arbitrary<object>): Arbitrary<Draft> {
  return on(["held", "held", "held", "held", "held", "ended"], {
    expect: fc.oneof(
      { weight: 7, arbitrary: fc.constant({ token: "last" }) },
      { weight: 1, arbitrary: fc.constant({ token: "last", state: UNFINISHED }) },
    ),
    set,
  });
}

function on(
  kinds: readonly Kind[],
  { expect, set }: { expect: Arbitrary<object>; set: Arbitrary<object> },
): Arbitrary<Draft> {
  return fc.tuple(one(...kinds), nth, expect, set).map(([pick, place, expected, settings]) => ({
    id: { pick, nth: place },
    expect: expected,
    set: defined(settings),
  }));
}

function spawned(taste: Taste): Arbitrary<object> {
  return fc.oneof(
    jobs(taste),
    newIds(taste).map((id) => ({ id })),
  );
}

function defined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
