import { QueueError } from "@anyqueue/api";
import type { Statements } from "./statements.ts";

/**
 * Refuses new jobs that would wait for each other for ever by way of jobs that are stored already: one of these has been
 * waiting for an id that only now came into being (P20). @throws QueueError `INVALID` naming the jobs.
 */
export function refuseCircles(sql: Statements, added: readonly string[]): void {
  const ids = JSON.stringify(added);
  const finished = new Set<string>();
  // Circles within a call were refused before, so every circle goes through somebody who was there already.
  for (const start of sql.findAwaitedByOthers.all(ids, ids)) {
    // Without recursion, since chains may be long.
    const path = finished.has(start) ? [] : [{ id: start, left: sql.waitsFor.all(start) }];
    const onPath = new Set<string>([start]);
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const id = last.left.pop();
      if (id === undefined) {
        path.pop();
        onPath.delete(last.id);
        finished.add(last.id);
      } else if (onPath.has(id)) {
        throw circle([...path.map((step) => step.id), id]);
      } else if (!finished.has(id)) {
        path.push({ id, left: sql.waitsFor.all(id) });
        onPath.add(id);
      }
    }
  }
}

function circle(path: readonly string[]): QueueError {
  const round = path.slice(path.indexOf(path.at(-1) ?? ""));
  const shown = round.length > 7 ? [...round.slice(0, 5), "…", round.at(-1)] : round;
  return new QueueError(
    "INVALID",
    `Cannot insert: jobs depend on each other in a circle, ${shown.join(" → ")}. Leave out one of these dependencies.`,
  );
}
