import fc, { type Arbitrary } from "fast-check";
import { chance, nth, one, some } from "./draw.ts";
import { CUSTOM, HOLDERS } from "./jobs.ts";
import { predicates } from "./predicates.ts";
import type { Taste } from "./taste.ts";

/** So many that no limit is reached. */
export const ALL = 100;

const PATTERNS = [
  ["work.*"],
  ["work.do"],
  ["Work.*"],
  ["**"],
  ["mail"],
  ["mail.**"],
  ["*.do"],
  ["*"],
  ["work.undo", "mail.send"],
] as const;

/** Type patterns. */
export const patterns = one<readonly string[]>(...PATTERNS);

/** What a poll asks for. */
export function polls(taste: Taste): Arbitrary<object> {
  return fc
    .tuple(places(taste), moves(taste), filters(taste), chance(taste.poll.expired), one(1, ALL, ALL))
    .map(([place, move, filter, rescues, most]) => ({
      ...place,
      ...move,
      ...filter,
      ...(rescues && "lease" in move && { expired: most }),
    }));
}

/** A lease of one of a few lengths. */
const leases = fc.record({ ms: one(1000, 1010, 5000, 5020, 30_000, 60_000), holder: one(...HOLDERS) });

/** Where it looks, and for how many jobs. Of every lane it takes all, or as many as it likes. */
function places({ lanes, poll }: Taste): Arbitrary<object> {
  const limit = fc.oneof(
    { weight: poll.few, arbitrary: one(1, 1, 1, 2, 3) },
    { weight: Math.max(1, 96 - poll.few), arbitrary: fc.constant(ALL) },
    { weight: 4, arbitrary: fc.constant(0) },
  );
  const lane = one(...lanes);
  const share = fc.oneof(lane, fc.record({ lane, limit: one(0, 1, 2) }));
  const id = fc.oneof(
    { weight: 3, arbitrary: nth.map((n) => ({ pick: "free", nth: n })) },
    { weight: 1, arbitrary: one("any", "blocked").chain((pick) => nth.map((n) => ({ pick, nth: n }))) },
  );
  const ids = fc.array(id, { minLength: 1, maxLength: 4, size: "max" });
  return fc.oneof(
    { weight: poll.ids, arbitrary: fc.record({ ids, limit: fc.constant(ALL) }) },
    { weight: poll.everyLane, arbitrary: fc.record({ limit }) },
    {
      weight: 12,
      arbitrary: fc.record({ lanes: fc.array(share, { minLength: 1, maxLength: 3, size: "max" }), limit }),
    },
    { weight: Math.max(1, 88 - poll.ids - poll.everyLane), arbitrary: fc.record({ lanes: fc.tuple(lane), limit }) },
  );
}

/** Which state it takes jobs from, and which it moves them to. */
function moves({ poll }: Taste): Arbitrary<object> {
  const from = one(...CUSTOM);
  const order = one("priority", "touched", "touched");
  return fc.oneof(
    { weight: 100 * (100 - poll.custom), arbitrary: fc.record({ lease: leases }) },
    { weight: poll.custom * 50, arbitrary: fc.record({ from, order, lease: leases }) },
    { weight: poll.custom * 20, arbitrary: fc.record({ from, order, to: one(...CUSTOM, "waiting"), lease: leases }) },
    { weight: poll.custom * 20, arbitrary: fc.record({ from, order, to: one(...CUSTOM, "waiting", "completed") }) },
    { weight: poll.custom * 15, arbitrary: fc.record({ to: one(...CUSTOM, "completed", "failed") }) },
    { weight: poll.custom * 15, arbitrary: fc.record({ to: one(...CUSTOM), lease: leases }) },
  );
}

function filters({ poll }: Taste): Arbitrary<object> {
  return fc.oneof(
    { weight: 100 - poll.filter, arbitrary: fc.constant({}) },
    { weight: poll.filter, arbitrary: some({ types: [60, patterns], where: [60, predicates] }) },
  );
}
