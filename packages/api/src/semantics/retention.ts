import type { Job, KeepFor } from "../contract/job.ts";
import { isTerminal } from "../contract/names.ts";
import type { RemoveQuery } from "../contract/query.ts";

/**
 * How long a finished job is kept: as long as it says itself, or else its lane; milliseconds, or `false` for not at all.
 * Undefined where neither says, or the job has not ended (P26).
 */
export function keptFor(
  job: { readonly state: string; readonly keep?: KeepFor | undefined },
  lane: KeepFor | null | undefined,
): number | false | undefined {
  return isTerminal(job.state) ? (job.keep?.[job.state] ?? lane?.[job.state]) : undefined;
}

/**
 * Whether a removal by age or by retention means a finished job of its lane, on which no unfinished one depends. `place`
 * counts the finished jobs of the lane from the newest, which is 1 (P26).
 */
export function isOutdated(
  job: Job,
  query: Exclude<RemoveQuery, { readonly ids: unknown }>,
  place: number,
  now: number,
): boolean {
  const { state, finishedAt = 0 } = job;
  if (!isTerminal(state)) return false;
  if ("states" in query) return query.states.includes(state) && finishedAt <= now - query.olderThanMs;
  return place > (query.keep.count ?? Infinity) || finishedAt + (keptFor(job, query.keep) || 0) <= now;
}
