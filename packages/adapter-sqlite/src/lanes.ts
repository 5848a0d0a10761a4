import {
  COUNT_BOUND,
  isTerminal,
  type LaneSettings,
  type LaneStatus,
  mergeSettings,
  TERMINAL_STATES,
} from "@anyqueue/api";
import { followUp } from "./follow-up.ts";
import { moveAllUp } from "./lines.ts";
import type { Statements } from "./statements.ts";
import { parseSettings, type Transaction } from "./transaction.ts";

/** The settings and counts of every lane, by name. Every count stops at its bound, so a long backlog costs no more. */
export function lanes(sql: Statements, now: number): LaneStatus[] {
  return sql.lanes.all().map(([lane, settings]) => {
    const counts = countByState(sql, lane, now);
    const entries = [...counts].filter(([, count]) => count > 0);
    return {
      lane,
      settings: parseSettings(settings),
      counts: Object.fromEntries(entries.map(([state, count]) => [state, Math.min(count, COUNT_BOUND)])),
      atLeast: entries.filter(([, count]) => count > COUNT_BOUND).map(([state]) => state),
      oldestDueAt: oldestDueAt(sql, lane, now),
    };
  });
}

/** Merges settings into a lane's: what is absent stays, and `null` resets (P19). */
export function configure(tx: Transaction, lane: string, settings: LaneSettings, now: number): void {
  const before = tx.settingsOf(lane);
  tx.sql.configure.run(lane, JSON.stringify(mergeSettings(before, settings)));
  if (settings.rate === null) tx.sql.dropBucket.run(lane);
  tx.forget(lane);
  tx.hints.lane(lane);
  if (tx.settingsOf(lane).keyConcurrency === before.keyConcurrency) return;
  moveAllUp(tx, lane);
  followUp(tx, now);
}

/** A count one above the bound stands for any that are more. */
function countByState(sql: Statements, lane: string, now: number): Map<string, number> {
  const bound = COUNT_BOUND + 1;
  const counts = new Map<string, number>();
  const add = (state: string, count: number) => counts.set(state, (counts.get(state) ?? 0) + count);

  for (const state of statesOf(lane, sql.nextReadyState)) add(state, sql.countReady.get(lane, state, bound) ?? 0);
  for (const state of statesOf(lane, sql.nextScheduledState)) {
    add(state, sql.countDue.get(lane, state, now, bound) ?? 0);
    add(state === "waiting" ? "delayed" : state, sql.countAhead.get(lane, state, now, bound) ?? 0);
  }
  for (const state of statesOf(lane, sql.nextParkedState)) {
    const name = state === "waiting" ? "delayed" : state;
    add(state, sql.countParkedDue.get(lane, state, now, bound) ?? 0);
    add(name, sql.countParkedAhead.get(lane, state, now, bound) ?? 0);
  }
  add("blocked", sql.countBlocked.get(lane, bound) ?? 0);
  for (const [state, count] of sql.countLeased.all(lane, LEASED_BOUND)) add(state, count);
  for (const state of TERMINAL_STATES) add(state, sql.countFinished.get(lane, state, bound) ?? 0);
  return counts;
}

/** Leased jobs are counted together; few lanes have more than one state of them. */
const LEASED_BOUND = 4 * COUNT_BOUND;

/** Jumps from one state to the next in an index that begins with the lane and the state. */
function* statesOf(lane: string, next: Statements["nextReadyState"]): IterableIterator<string> {
  for (let state = next.get(lane, ""); state !== undefined; state = next.get(lane, state)) {
    if (!isTerminal(state)) yield state;
  }
}

/** The first of each priority is the one that has been due longest among its equals. */
function oldestDueAt(sql: Statements, lane: string, now: number): number | null {
  const due: number[] = [];
  for (const first of [sql.firstScheduled, sql.firstParked]) {
    const runAt = first.get(lane, "waiting");
    if (runAt != null) due.push(runAt);
  }

  let next = sql.nextPriority.get(lane, "waiting", -1);
  for (let looked = 0; next !== undefined && looked < PRIORITY_BOUND; looked++) {
    due.push(next[1]);
    next = sql.nextPriority.get(lane, "waiting", next[0]);
  }
  if (next !== undefined) due.push(sql.oldestReady.get(lane, "waiting") ?? now);
  const oldest = Math.min(...due);
  return oldest <= now ? oldest : null;
}

/** With more priorities than this, reading the whole index is quicker than jumping through it. */
const PRIORITY_BOUND = 1000;
