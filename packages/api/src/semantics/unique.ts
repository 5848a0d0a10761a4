import type { Job, Unique } from "../contract/job.ts";
import { isTerminal } from "../contract/names.ts";

/** What tells whether a job holds its unique key. */
export type Keyed = Pick<Job, "state" | "insertedAt"> & { readonly unique?: Unique; readonly lease?: unknown };

/**
 * Whether a job holds its unique key now, so that no other job of its lane may have it (P17). It follows from the job
 * alone, so a store needs to note only who took a key last, and nothing has to be released.
 */
export function holdsKey({ unique, state, lease, insertedAt }: Keyed, now: number): boolean {
  if (unique === undefined) return false;
  const { until } = unique;
  if (until === "started") return lease === undefined && !isTerminal(state);
  if (until === "finished") return !isTerminal(state);
  return now < insertedAt + until.windowMs;
}

/**
 * Whether a change takes the key up again that the job had let go, as a retry does. If another job holds it by then, the
 * change is a `duplicate` (P12).
 */
export function takesKeyAgain(before: Keyed, after: Keyed, now: number): boolean {
  return !holdsKey(before, now) && holdsKey(after, now);
}
