import type { RemoveQuery } from "@anyqueue/api";
import type { FinishedRow } from "./statements.ts";
import type { Transaction } from "./transaction.ts";

/** Removes jobs and their events: these, or those that finished first and long enough ago (P26). */
export function remove(tx: Transaction, query: RemoveQuery): number {
  const rows = "ids" in query ? byId(tx, query.ids) : finishedLongAgo(tx, query);
  return tx.remove(rows.map(([seq, id]) => ({ seq, id })));
}

type Row = readonly [seq: number, id: string, ...rest: unknown[]];

function byId(tx: Transaction, ids: readonly string[]): readonly Row[] {
  return tx.sql.findHot.all(JSON.stringify(ids));
}

function finishedLongAgo(tx: Transaction, query: Exclude<RemoveQuery, { ids: readonly string[] }>): readonly Row[] {
  const { lane, states, olderThanMs, limit, now = Date.now() } = query;
  const lanes = lane === undefined ? tx.sql.lanes.all().map(([name]) => name) : [lane];
  const found: FinishedRow[] = [];
  for (const name of lanes) {
    for (const state of states) found.push(...tx.sql.oldestFinished.all(name, state, now - olderThanMs, limit));
  }
  return found.toSorted((a, b) => a[2] - b[2] || a[0] - b[0]).slice(0, limit);
}
