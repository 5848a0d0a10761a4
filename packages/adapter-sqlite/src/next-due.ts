import type { Share } from "./choose.ts";
import type { Statements } from "./statements.ts";

/**
 * The first time at which a poll of these lanes could find something, or null (P10): the first job scheduled ahead in a
 * lane that is not paused, or the first end of a lease, also one that has passed.
 */
export function nextDueAt(sql: Statements, shares: readonly Share[], from: string, now: number): number | null {
  const times: number[] = [];
  const add = (time: number | null | undefined) => {
    if (time != null) times.push(time);
  };
  for (const { lane, isPaused } of shares) {
    add(sql.firstLeaseEnd.get(lane));
    if (isPaused) continue;
    add(sql.firstScheduled.get(lane, from));
    add(sql.firstReadyAhead.get(lane, from, now));
  }
  return times.length === 0 ? null : Math.min(...times);
}
