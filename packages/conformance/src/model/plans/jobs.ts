import fc, { type Arbitrary } from "fast-check";
import { hostileValues } from "../../cases/json.ts";
import { nth, one, some } from "./draw.ts";
import type { Taste } from "./taste.ts";

const TYPES = ["work.do", "work.undo", "mail.send", "mail", "Work.do"] as const;
export const CUSTOM = ["fetched", "parsed", "Parsed"] as const;
export const HOLDERS = ["ann", "bob", "rescuer"] as const;
export const GROUPS = ["red", "blue", "redder"] as const;

/** Texts that are easily taken for each other, or put in the wrong order. */
const texts = one("a", "b", "A", "a%", "a_", "ab", "\ufb00", "\u{1f600}");

/** Small values that predicates can tell apart, and now and then one that is hard to store. */
export const values: Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: some({ n: [85, fc.nat(3)], s: [85, texts], flag: [50, one(true, false, 1, null)] }) },
  { weight: 2, arbitrary: one<unknown>(null, false, true, 0, "", [], {}, 1, "1") },
  { weight: 2, arbitrary: one(...hostileValues.map(([, value]) => value).filter((value) => isShort(value))) },
);

/** An id for a new job: mostly a new one, else that of a job which is there, or was. */
export function newIds({ lanes }: Taste): Arbitrary<unknown> {
  return fc.oneof(
    { weight: 84, arbitrary: one(...lanes).map((lane) => ({ pick: "new", lane })) },
    { weight: 8, arbitrary: nth.map((n) => ({ pick: "any", nth: n })) },
    { weight: 4, arbitrary: nth.map((n) => ({ pick: "finished", nth: n })) },
    { weight: 4, arbitrary: nth.map((n) => ({ pick: "gone", nth: n })) },
  );
}

/** A new job. */
export function jobs(taste: Taste): Arbitrary<object> {
  const { job, names } = taste;
  const places = some({
    priority: [job.priority, one(0, 9, 10, 511, 4_294_967_295)],
    type: [job.type, one(...TYPES)],
    group: [job.group, one(...GROUPS)],
    payload: [job.payload, values],
    progress: [job.rare, values],
    maxAttempts: [job.rare, one(1, 2, 10)],
    backoff: [job.rare, one({ type: "fixed", delayMs: 5 }, { type: "exponential", delayMs: 1, maxMs: 9, jitter: 0.5 })],
    timeoutMs: [job.rare, one(1, 60_000)],
    orderingKey: [job.key, nameOf("k", names)],
    unique: [job.unique, uniques(names)],
    keep: [job.keep, some({ completed: [70, keptFor], failed: [40, keptFor], cancelled: [50, keptFor] })],
  });
  return fc
    .tuple(
      newIds(taste),
      places,
      times(job.delay),
      fc.oneof(
        { weight: job.depends, arbitrary: dependencies(taste) },
        { weight: job.custom, arbitrary: one(...CUSTOM).map((state) => ({ state })) },
        { weight: Math.max(1, 100 - job.depends - job.custom), arbitrary: fc.constant({}) },
      ),
    )
    .map(([id, place, time, start]) => ({ id, ...place, ...time, ...start }));
}

/** How long something is kept. */
export const keptFor = one<number | false>(false, 0, 1000, 60_000);

/** When a job is due, in one of the two ways to say it. */
function times(percent: number): Arbitrary<object> {
  return some({
    runIn: [percent, one(-60_000, -1, 0, 1, 20, 1000, 30_000)],
    delayMs: [percent, one(0, 1, 500, 20_000)],
  }).map(({ runIn, delayMs }) => (runIn !== undefined ? { runIn } : delayMs !== undefined ? { delayMs } : {}));
}

function uniques(names: number): Arbitrary<object> {
  const until = one<unknown>("started", "finished", "finished", { windowMs: 1000 }, { windowMs: 40_000 });
  return fc.record({ key: nameOf("u", names), until });
}

/** Ids to depend on: jobs of any kind, of the same call, or that are not there yet; with it, what their ends mean. */
function dependencies({ lanes }: Taste): Arbitrary<object> {
  const id = fc.oneof(
    { weight: 40, arbitrary: nth.map((n) => ({ pick: "unfinished", nth: n })) },
    { weight: 20, arbitrary: nth.map((n) => ({ pick: "sibling", nth: n })) },
    { weight: 10, arbitrary: nth.map((n) => ({ pick: "blocked", nth: n })) },
    { weight: 10, arbitrary: nth.map((n) => ({ pick: "finished", nth: n })) },
    { weight: 4, arbitrary: nth.map((n) => ({ pick: "gone", nth: n })) },
    { weight: 18, arbitrary: one(...lanes).map((lane) => ({ pick: "future", lane })) },
  );
  const onParent = one("cancel", "cancel", "release", "leave", "leave");
  return fc.record({ dependsOn: fc.array(id, { minLength: 1, maxLength: 3, size: "max" }), onParent });
}

function nameOf(prefix: string, names: number): Arbitrary<string> {
  const more = fc.nat(names - 1).map((n) => `${prefix}${n + 1}`);
  return fc.oneof({ weight: 9, arbitrary: more }, { weight: 1, arbitrary: fc.constant(`${prefix.toUpperCase()}1`) });
}

function isShort(value: unknown): boolean {
  return JSON.stringify(value).length < 300;
}
