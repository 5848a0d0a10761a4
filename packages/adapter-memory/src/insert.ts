import type { At, InsertOutcome, NewJob } from "@anyqueue/api";
import { judge, Planned, Stored } from "./admission.ts";
import { beginnings } from "./beginnings.ts";
import { refuseCircles } from "./circles.ts";
import { unseal } from "./entry.ts";
import type { State } from "./state.ts";

/** Stores jobs in array order (P1–P4). `maybeStored` changes nothing here: finished jobs are always looked at. */
export function insert(state: State, jobs: readonly NewJob[], at: At): InsertOutcome[] {
  const now = state.now(at.now);
  const isWhole = at.allOrNone === true || jobs.some(isDependent);
  const outcomes = isWhole ? addTogether(state, jobs, at.allOrNone === true, now) : addEach(state, jobs, now);
  state.finish(now);
  return outcomes;
}

/**
 * Stores the jobs that a change brings with it (P13a), whatever the lane's capacity. Answers their ids; where a unique key
 * was held, the id of its holder. Circles have been refused by then, before anything of the call was written.
 */
export function spawn(state: State, jobs: readonly NewJob[], now: number): string[] {
  const idOf = (outcome: InsertOutcome, i: number): string => ("id" in outcome ? outcome.id : (jobs[i]?.id ?? ""));
  if (!jobs.some(isDependent)) return addEach(state, jobs, now, true).map(idOf);
  const planned = new Planned(state, now);
  const outcomes = plan(planned, jobs, true);
  carryOut(state, planned, now);
  return outcomes.map(idOf);
}

function addTogether(state: State, jobs: readonly NewJob[], allOrNone: boolean, now: number): InsertOutcome[] {
  const planned = new Planned(state, now);
  const outcomes = plan(planned, jobs);
  if (allOrNone && planned.added.size < jobs.length) return outcomes.map(skipped);
  refuseCircles(state.jobs, planned.added);
  carryOut(state, planned, now);
  return outcomes.map((outcome) => current(state, outcome));
}

/** Nothing in such a call depends on what comes later in it, so each job is stored before the next is judged. */
function addEach(state: State, jobs: readonly NewJob[], now: number, isSpawned = false): InsertOutcome[] {
  const stored = new Stored(state, now);
  return jobs.map((job) => {
    const outcome = judge(stored, job, isSpawned);
    if (outcome.status === "added") state.add(job, now);
    return outcome;
  });
}

/** Judges the jobs of a call in array order, each as if those before it were stored. */
function plan(planned: Planned, jobs: readonly NewJob[], isSpawned = false): InsertOutcome[] {
  return jobs.map((job) => {
    const outcome = judge(planned, job, isSpawned);
    if (outcome.status === "added") planned.add(job);
    return outcome;
  });
}

function carryOut(state: State, { added }: Planned, now: number): void {
  const storedStateOf = (id: string): string | null => state.jobs.get(id)?.job.state ?? null;
  state.addAll(added.values(), beginnings(added, storedStateOf), now);
}

/** The holder of a key may be a job of the same call, of which only now is known how it begins. */
function current({ jobs }: State, outcome: InsertOutcome): InsertOutcome {
  const entry = outcome.status === "existing" ? jobs.get(outcome.id) : undefined;
  return entry && outcome.status === "existing" ? { ...outcome, job: unseal(entry.job) } : outcome;
}

/** One job that cannot be added stops the others (P4). */
function skipped(outcome: InsertOutcome): InsertOutcome {
  return outcome.status === "added" ? { status: "skipped" } : outcome;
}

function isDependent({ dependsOn }: NewJob): boolean {
  return dependsOn !== undefined;
}
