import type { CasOutcome, Change } from "../contract/index.ts";
import { decide, holdsKey, takesKeyAgain } from "../semantics/index.ts";
import { insert } from "./inserting.ts";
import { keyOf } from "./keys.ts";
import type { Step } from "./step.ts";
import type { Work } from "./work.ts";

/** Applies each change, or tells why not, with what follows from it before the next one (P12, P13, P14). */
export function* cas(step: Step, changes: readonly Change[]): Work<CasOutcome[]> {
  if (changes.length > 1) yield* step.readAhead(changes.map(({ id }) => id));
  const outcomes: CasOutcome[] = [];
  for (const change of changes) outcomes.push(yield* apply(step, change));
  return outcomes;
}

function* apply(step: Step, change: Change): Work<CasOutcome> {
  const row = yield* step.find(change.id);
  const decision = decide(row?.job ?? null, change, step.now);
  if (!row || !decision.job) return decision.outcome;
  const { job, outcome } = decision;
  if (decision.renewal) {
    // Not even its place in the order of changes is another.
    step.rows.save({ ...row, job });
    return outcome;
  }
  if (takesKeyAgain(row.job, job, step.now)) {
    const key = keyOf(job);
    const taker = (yield* step.takersOf([job])).get(key);
    if (taker && holdsKey(taker.job, step.now)) return { status: "duplicate", id: taker.id };
    yield* step.freeKeys([{ key }]);
    row.key = key;
  }
  step.put(row, job, decision.events, decision.requeue);
  yield* step.follow();
  if (!change.spawn) return outcome;
  const spawned = yield* insert(step, change.spawn, { isSpawned: true });
  return { ...outcome, spawned: spawned.flatMap((child) => ("id" in child ? child.id : [])) };
}
