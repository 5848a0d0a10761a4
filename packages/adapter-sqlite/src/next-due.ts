import type { Share } from "./choose.ts";
import type { Limits } from "./limits.ts";
import type { Statements } from "./statements.ts";

/**
 * The first time at which a poll of these lanes could find something, or null (P10): the first job scheduled ahead in a
 * lane that is not paused, the next start that a lane's rate allows to a job that is due, or the first end of a lease,
 * also one that has passed. Jobs that wait for a slot do not count: a hint tells when one is given back (P19).
 */
export function nextDueAt(
  sql: Statements,
  shares: readonly Share[],
  from: string,
  limits: Limits,
  now: number,
): number | null {
  const times: number[] = [];
  const add = (time: number | null | undefined) => {
    if (time != null) times.push(time);
  };
  for (const { lane, settings } of shares) {
    add(sql.firstLeaseEnd.get(lane));
    if (settings.paused === true) continue;
    if (limits.left(lane, settings) <= 0) {
      const startAt = limits.nextStartAt(lane, settings);
      if (startAt === null) continue;
      if (isDue(sql, lane, from, now)) {
        add(startAt);
        continue;
      }
    }
    add(sql.firstScheduled.get(lane, from));
    add(sql.firstReadyAhead.get(lane, from, now));
  }
  return times.length === 0 ? null : Math.min(...times);
}

function isDue(sql: Statements, lane: string, from: string, now: number): boolean {
  return sql.isDue.get(lane, from, now) !== undefined || sql.ready.get(lane, from, now, 1) !== undefined;
}
