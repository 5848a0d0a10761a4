import { freshJob } from "@anyqueue/api";
import type { At, InsertOutcome, Job, NewJob } from "@anyqueue/api";
import { unseal } from "./entry.ts";
import type { State } from "./state.ts";

/** Stores jobs in array order (P1–P4). `maybeStored` changes nothing here: finished jobs are always looked at. */
export function insert(state: State, jobs: readonly NewJob[], at: At): InsertOutcome[] {
  const now = state.now(at.now);
  return (at.allOrNone === true ? stopped(state, jobs, now) : undefined) ?? jobs.map((job) => add(state, job, now));
}

function add(state: State, job: NewJob, now: number): InsertOutcome {
  const kept = state.jobs.get(job.id);
  if (kept) return { status: "existing", id: job.id, by: "id", job: unseal(kept.job) };
  state.add(job, now);
  return { status: "added", id: job.id };
}

/** The outcomes if one duplicate stops them all, also one within the call (P4); undefined if none does. */
function stopped(state: State, jobs: readonly NewJob[], now: number): InsertOutcome[] | undefined {
  const before = new Map<string, NewJob>();
  let duplicates = 0;
  const outcomes = jobs.map((job): InsertOutcome => {
    const existing = find(state, before, job.id, now);
    before.set(job.id, job);
    if (existing === undefined) return { status: "skipped" };
    duplicates++;
    return { status: "existing", id: job.id, by: "id", job: existing };
  });
  return duplicates === 0 ? undefined : outcomes;
}

function find(state: State, before: ReadonlyMap<string, NewJob>, id: string, now: number): Job | undefined {
  const kept = state.jobs.get(id);
  if (kept) return unseal(kept.job);
  const earlier = before.get(id);
  return earlier && freshJob(earlier, now);
}
