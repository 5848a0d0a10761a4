import { decide, matches, takesKeyAgain } from "@anyqueue/api";
import type { At, CasOutcome, Change, NewJob, Predicate, Settings } from "@anyqueue/api";
import { refuseCircles } from "./circles.ts";
import { unseal } from "./entry.ts";
import type { Entry, Sealed } from "./entry.ts";
import { spawn } from "./insert.ts";
import type { State } from "./state.ts";

const ALWAYS: Predicate = { and: [] };
const NEVER: Predicate = { or: [] };

/** Applies each change or tells why not (P12–P16, P21). */
export function cas(state: State, changes: readonly Change[], at: At): CasOutcome[] {
  const now = state.now(at.now);
  if (changes.some(isBranching)) refuseCirclesOf(state, changes, now);
  const outcomes = changes.map((change) => apply(state, change, now));
  state.finish(now);
  return outcomes;
}

/** Whether a change spawns jobs that depend on others. */
function isBranching({ spawn: jobs }: Change): boolean {
  return jobs?.some(({ dependsOn }) => dependsOn !== undefined) ?? false;
}

/**
 * Refuses the whole call when what it spawns would wait for itself (P20), before anything is written: here nothing can be
 * undone. What a change comes to is told from the jobs as they are before the call.
 */
function refuseCirclesOf({ jobs }: State, changes: readonly Change[], now: number): void {
  const spawned = new Map<string, NewJob>();
  const freed = new Set<string>();
  for (const change of changes) {
    const entry = jobs.get(change.id);
    const after = entry && decide(entry.job, sealChange(change, entry), now).job;
    if (after === undefined) continue;
    if (after.state !== "blocked") freed.add(after.id);
    for (const job of change.spawn ?? []) if (jobs.get(job.id) === undefined) spawned.set(job.id, job);
  }
  refuseCircles(jobs, spawned, { freed, mayBeAmongNew: changes.length > 1 });
}

function apply(state: State, change: Change, now: number): CasOutcome {
  const entry = state.jobs.get(change.id);
  if (entry === undefined) return { status: "missing" };
  const decision = decide(entry.job, sealChange(change, entry), now);
  if (decision.job === undefined) return decision.outcome;

  // Both what was stored and what is set are sealed, so the outcome is.
  const next = decision.job as Sealed;
  const holder = rivalOf(state, entry, next, now);
  if (holder) return { status: "duplicate", id: holder.job.id };
  if (decision.renewal) state.renew(entry, next);
  else state.change(entry, next, decision.events, now, decision.requeue);
  if (change.spawn === undefined) return decision.outcome;
  return { ...decision.outcome, spawned: spawn(state, change.spawn, now) };
}

/** Who holds the unique key that the job would take again (P17). */
function rivalOf({ jobs }: State, { job }: Entry, next: Sealed, now: number): Entry | undefined {
  if (job.unique === undefined || !takesKeyAgain(job, next, now)) return undefined;
  return jobs.lane(job.lane).uniqueKeys.holder(job.unique.key, now);
}

/** The change as it applies to a sealed job: with values encoded, and the predicate answered beforehand. */
function sealChange(change: Change, entry: Entry): Change {
  const { expect } = change;
  const { where } = expect;
  const set = sealSettings(change.set);
  if (where === undefined) return set === change.set ? change : { ...change, set };
  return { ...change, set, expect: { ...expect, where: matches(where, unseal(entry.job)) ? ALWAYS : NEVER } };
}

function sealSettings(set: Settings): Settings {
  const { payload, progress, result, error } = set;
  if (payload === undefined && progress === undefined && result === undefined && error === undefined) return set;
  return {
    ...set,
    ...(payload !== undefined && { payload: JSON.stringify(payload) }),
    ...(progress !== undefined && { progress: JSON.stringify(progress) }),
    ...(result !== undefined && { result: JSON.stringify(result) }),
    ...(error !== undefined && { error: { ...error } }),
  };
}
