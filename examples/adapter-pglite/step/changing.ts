import type { AppendOutcome, CasOutcome, Change, NewEvent } from "@anyqueue/api";
import { decide, holdsKey, isHeld, takesKeyAgain } from "@anyqueue/api";
import { insert } from "./inserting.ts";
import { keyOf, type Step } from "./step.ts";

/** Applies each change, or tells why not, with what follows from it before the next one (P12, P13, P14). */
export async function cas(step: Step, changes: readonly Change[]): Promise<CasOutcome[]> {
  if (changes.length > 1) await step.readAhead(changes.map(({ id }) => id));
  const outcomes: CasOutcome[] = [];
  for (const change of changes) outcomes.push(await apply(step, change));
  return outcomes;
}

/** Adds what users say to the logs of jobs, with a token while that lease lives (P22). */
export async function append(step: Step, events: readonly NewEvent[]): Promise<AppendOutcome[]> {
  const stored = await step.rows.byId(events.map(({ id }) => id));
  const known = new Map(stored.map((entry) => [entry.id, entry]));
  return events.map(({ id, event, token }) => {
    const entry = known.get(id);
    if (!entry) return { status: "missing" };
    const isHolder = isHeld(entry.job, step.now) && entry.job.token === token;
    if (token !== undefined && !isHolder) return { status: "stale" };
    step.say(entry, event);
    return { status: "ok" };
  });
}

async function apply(step: Step, change: Change): Promise<CasOutcome> {
  const entry = await step.find(change.id);
  const decision = decide(entry?.job ?? null, change, step.now);
  if (!entry || !decision.job) return decision.outcome;
  const { job, outcome } = decision;
  if (decision.renewal) {
    step.rows.save({ ...entry, job });
    return outcome;
  }
  if (takesKeyAgain(entry.job, job, step.now)) {
    const key = keyOf(job);
    const taker = (await step.takersOf([job])).get(key);
    if (taker && holdsKey(taker.job, step.now)) return { status: "duplicate", id: taker.id };
    await step.freeKeys([{ key }]);
    entry.key = key;
  }
  step.put(entry, job, decision.events, decision.requeue);
  await step.follow();
  if (!change.spawn) return outcome;
  const spawned = await insert(step, change.spawn, { isSpawned: true });
  return { ...outcome, spawned: spawned.flatMap((child) => ("id" in child ? child.id : [])) };
}
