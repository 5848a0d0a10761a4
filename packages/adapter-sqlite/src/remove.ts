import { isTerminal, type RemoveQuery, TERMINAL_STATES } from "@anyqueue/api";
import { noteEnd } from "./change.ts";
import { followUp } from "./follow-up.ts";
import { storedOf } from "./rows.ts";
import type { FinishedRow } from "./shaping-statements.ts";
import type { Transaction } from "./transaction.ts";

/** Removes jobs and their events: these, or those that finished first and long enough ago (P26). */
export function remove(tx: Transaction, query: RemoveQuery): number {
  if ("ids" in query) return byId(tx, query.ids, query.now ?? Date.now());
  const rows = "keep" in query ? outdated(tx, query) : finishedLongAgo(tx, query);
  return tx.remove(first(rows, query.limit).map(([seq, id]) => ({ seq, id })));
}

/** Whoever depends on a job that is not over, or waits behind it, learns that it is gone (P18, P20). */
function byId(tx: Transaction, ids: readonly string[], now: number): number {
  const removed = tx.sql.findHot.all(JSON.stringify(ids)).map((row) => storedOf(row));
  for (const { job, place } of removed) {
    if (isTerminal(job.state)) continue;
    noteEnd(tx, { ...job, state: null }, place);
    if (job.lease !== undefined) tx.freeSlot(job.lane);
  }
  const count = tx.remove(removed.map(({ seq, job }) => ({ seq, id: job.id })));
  followUp(tx, now);
  return count;
}

type Query = Exclude<RemoveQuery, { readonly ids: unknown }>;
type Retention = Extract<Query, { readonly keep: unknown }>;

function finishedLongAgo(tx: Transaction, query: Exclude<Query, Retention>): FinishedRow[] {
  const { lane, states, olderThanMs, limit, now = Date.now() } = query;
  const lanes = lane === undefined ? tx.sql.lanes.all().map(([name]) => name) : [lane];
  return lanes.flatMap((name) => states.flatMap((state) => oldest(tx, name, state, now - olderThanMs, limit)));
}

/** Jobs that were kept as long as they say themselves, or else as their lane does, and those beyond the newest ones. */
function outdated(tx: Transaction, { lane, keep, limit, now = Date.now() }: Retention): FinishedRow[] {
  const { sql } = tx;
  const aged = TERMINAL_STATES.flatMap((state) => [
    ...sql.oldestFinished.all(lane, state, now - (keep[state] || 0), limit),
    ...sql.firstKeptUntil.all(lane, state, now, Math.max(limit, OWN_KEEP_BOUND)),
  ]);
  return keep.count === undefined ? aged : [...aged, ...beyond(tx, lane, keep.count, limit)];
}

/** So many whose own time is over are looked at for those of them that finished first. */
const OWN_KEEP_BOUND = 1000;

function beyond(tx: Transaction, lane: string, count: number, limit: number): FinishedRow[] {
  const bounds = Array.from({ length: 6 }, () => [lane, count + 1]).flat();
  const newest = tx.sql.newestFinished.get(...bounds, count);
  if (newest === undefined) return [];
  const [finishedAt, seq] = newest;
  const rows = TERMINAL_STATES.flatMap((state) => oldest(tx, lane, state, finishedAt, limit));
  return rows.filter((row) => row[2] < finishedAt || row[0] <= seq);
}

function oldest(tx: Transaction, lane: string, state: string, before: number, limit: number): FinishedRow[] {
  return [tx.sql.oldestFinished, tx.sql.oldestWithOwnKeep].flatMap((rows) => rows.all(lane, state, before, limit));
}

/** The first to finish, each once. */
function first(rows: readonly FinishedRow[], limit: number): FinishedRow[] {
  const distinct = new Map(rows.map((row) => [row[0], row]));
  return [...distinct.values()].toSorted((a, b) => a[2] - b[2] || a[0] - b[0]).slice(0, limit);
}
