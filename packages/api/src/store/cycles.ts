import type { NewJob } from "../contract/job.ts";
import { QueueError } from "../errors.ts";

/**
 * Refuses jobs of one call that would wait for each other for ever (P20). Circles through jobs that are stored already are
 * the store's to refuse. @throws QueueError `INVALID` naming the jobs.
 */
export function refuseCycles(jobs: readonly NewJob[], verb: string): void {
  const dependencies = new Map<string, readonly string[]>();
  for (const { id, dependsOn } of jobs) if (dependsOn) dependencies.set(id, dependsOn);
  refuseCircle(dependencies, `Cannot ${verb}`);
}

/** Refuses names that depend on each other in a circle. @throws QueueError `INVALID` with the circle. */
export function refuseCircle(dependencies: ReadonlyMap<string, readonly string[]>, subject: string): void {
  const round = findCircle(dependencies);
  if (round === undefined) return;
  const shown = round.length > 7 ? [...round.slice(0, 5), "…", round.at(-1)] : round;
  throw new QueueError(
    "INVALID",
    `${subject}: jobs depend on each other in a circle, ${shown.join(" → ")}. Leave out one of these dependencies.`,
  );
}

/** A way from a name back to itself, both ends included. */
function findCircle(dependencies: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
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
        const ids = path.map((step) => step.id);
        return [...ids.slice(ids.indexOf(id)), id];
      } else if (!finished.has(id)) {
        path.push({ id, left: dependenciesOf(id) });
        onPath.add(id);
      }
    }
  }
  return undefined;

  function dependenciesOf(id: string): Iterator<string, undefined> {
    return (dependencies.get(id) ?? []).values() as Iterator<string, undefined>;
  }
}
