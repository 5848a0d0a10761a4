import type { NewJob } from "../contract/job.ts";
import { QueueError } from "../errors.ts";

/**
 * Refuses jobs of one call that would wait for each other for ever (P20). Circles through jobs that are stored already are
 * the store's to refuse. @throws QueueError `INVALID` naming the jobs.
 */
export function refuseCycles(jobs: readonly NewJob[], verb: string): void {
  const dependencies = new Map<string, readonly string[]>();
  for (const { id, dependsOn } of jobs) if (dependsOn) dependencies.set(id, dependsOn);
  const finished = new Set<string>();
  // Without recursion, since a chain may be as long as a call.
  for (const start of dependencies.keys()) {
    const path = finished.has(start) ? [] : [{ id: start, left: dependenciesOf(start) }];
    const onPath = new Set<string>([start]);
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const { value: id, done } = last.left.next();
      if (done === true || id === undefined) {
        path.pop();
        onPath.delete(last.id);
        finished.add(last.id);
      } else if (onPath.has(id)) {
        throw circle([...path.map((step) => step.id), id], verb);
      } else if (!finished.has(id)) {
        path.push({ id, left: dependenciesOf(id) });
        onPath.add(id);
      }
    }
  }

  function dependenciesOf(id: string): Iterator<string, undefined> {
    return (dependencies.get(id) ?? []).values() as Iterator<string, undefined>;
  }
}

function circle(path: readonly string[], verb: string): QueueError {
  const round = path.slice(path.indexOf(path.at(-1) ?? ""));
  const shown = round.length > 7 ? [...round.slice(0, 5), "…", round.at(-1)] : round;
  return new QueueError(
    "INVALID",
    `Cannot ${verb}: jobs depend on each other in a circle, ${shown.join(" → ")}. Leave out one of these dependencies.`,
  );
}
