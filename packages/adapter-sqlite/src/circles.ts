import { refuseCircle } from "@anyqueue/api";
import type { Statements } from "./statements.ts";

/**
 * Refuses new jobs that would wait for each other for ever by way of jobs that are stored already: one of these has been
 * waiting for an id that only now came into being (P20). @throws QueueError `INVALID` naming the jobs.
 */
export function refuseCircles(sql: Statements, added: readonly string[]): void {
  const ids = JSON.stringify(added);
  // Circles within a call were refused before, so every circle goes through somebody who was there already.
  const awaited = sql.findAwaitedByOthers.all(ids, ids);
  if (awaited.length === 0) return;
  // A new one is in a circle also if something else that it names would cancel it at once.
  const own = new Set(added);
  refuseCircle(awaited, (id) => (own.has(id) ? sql.needs : sql.waitsFor).all(id), "Cannot insert");
}
