import type { Hint } from "../contract/adapter.ts";
import type { Job } from "../contract/job.ts";
import type { LaneSettings } from "../contract/lane.ts";
import { isTerminal } from "../contract/names.ts";

/**
 * What to tell when a job was written: that its lane may have something for a poll, since the job is free or has freed a slot,
 * and that it has ended. `before` is null for a new job, `after` for one that was removed (P24).
 */
export function hintsOf(before: Job | null, after: Job | null, { concurrency }: LaneSettings): Hint[] {
  const lane = (after ?? before)?.lane;
  if (lane === undefined) return [];
  const isEnd = after !== null && isTerminal(after.state);
  const isFree = after !== null && !after.lease && !isEnd && after.state !== "blocked";
  const hasFreedSlot = before?.lease !== undefined && !after?.lease && typeof concurrency === "number";
  const hints: Hint[] = isFree || hasFreedSlot ? [{ lane }] : [];
  if (isEnd && before?.state !== after.state) hints.push({ job: after.id });
  return hints;
}
