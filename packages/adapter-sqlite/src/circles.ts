import { refuseCircle } from "@anyqueue/api";
import type { Statements } from "./statements.ts";

/**
 * Refuses new jobs that would wait for each other for ever by way of jobs that are stored already: one of these has been
 * waiting for an id that only now came into being (P20). @throws QueueError `INVALID` naming the jobs.
 */
export function refuseCircles(sql: Statements, added: readonly string[]): void {
  const ids = JSON.stringify(added);
  // Circles within a call were refused before, so every circle goes through somebody who was there already.
  refuseCircle(sql.findAwaitedByOthers.all(ids, ids), (id) => sql.waitsFor.all(id), "Cannot insert");
}
