import { type Change, isTerminal, laneOf } from "@anyqueue/api";
import { isDropped, noteEnd } from "./change.ts";
import { encode, type FinishedJob, parseExtra, PLACE } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

/**
 * Finishes the jobs of those changes that only do that: a worker's `expect: { token }, set: { state, result? }`. It reads
 * no more of the jobs than it has to, and writes them together. Answers the new versions; a job that is missing in the
 * answer was not touched, and is left to `decide`.
 */
export function finish(tx: Transaction, changes: readonly Change[], now: number): ReadonlyMap<string, number> {
  const versions = new Map<string, number>();
  const plain = new Map<string, Change>();
  for (const change of changes) if (isPlain(tx, change)) plain.set(change.id, change);
  if (plain.size === 0) return versions;

  const written: FinishedJob[] = [];
  const leases = tx.sql.findLeases.all(JSON.stringify([...plain.keys()]));
  for (const [seq, id, token, version, until, cancelRequested, extra] of leases) {
    const { expect, set } = plain.get(id) ?? {};
    if (expect?.token !== token || until <= now || cancelRequested !== null) continue;
    const { orderingKey, dependsOn, keep } = parseExtra(extra);
    if (keep !== undefined || set?.state === undefined) continue;
    const { state } = set;
    const lane = laneOf(id);
    written.push([state, encode(set.result), seq]);
    versions.set(id, version + 1);
    tx.hints.job(id);
    tx.freeSlot(lane);
    noteEnd(tx, { id, lane, state, orderingKey, dependsOn }, PLACE.leased);
  }
  tx.sql.finish.run([now, now], written);
  return versions;
}

function isPlain(tx: Transaction, { id, expect, set, event, spawn }: Change): boolean {
  const { state } = set;
  if (event !== undefined || spawn !== undefined || state === undefined || !isTerminal(state)) return false;
  for (const field in expect) if (field !== "token") return false;
  for (const field in set) if (field !== "state" && field !== "result") return false;
  const lane = laneOf(id);
  return expect.token !== undefined && !tx.records(lane) && !isDropped(tx, { lane, state });
}
