import { notAwaited, stopDepending, tellDependents } from "./dependencies.ts";
import type { Transaction } from "./transaction.ts";

/**
 * Does what follows from the jobs that a verb ended, gave back or removed, before the verb answers: those that depend on
 * them go on or are cancelled, down the whole graph; those of them that are not kept are removed; and turns that came
 * free go to the first in line (P18, P20, P26).
 */
export function followUp(tx: Transaction, now: number): void {
  while (tx.ends.length > 0) {
    const ends = tx.ends.splice(0);
    stopDepending(tx);
    if (tx.sql.hasDependencies.get() !== undefined) tellDependents(tx, ends, now);
  }
  drop(tx);
  tx.lines.giveTurns(tx, now);
}

function drop(tx: Transaction): void {
  const jobs = tx.dropped.splice(0);
  if (jobs.length === 0) return;
  const free = notAwaited(
    tx,
    jobs.map(({ id }) => id),
  );
  for (const { id, keep } of jobs) if (!free.has(id)) keep();
  tx.remove(jobs.filter(({ id }) => free.has(id)));
}
