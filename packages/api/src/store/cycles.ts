import type { NewJob } from "../contract/job.ts";
import { QueueError } from "../errors.ts";

/**
 * Refuses jobs of one call that would wait for each other for ever (P20). Circles through jobs that are stored already are
 * the store's to refuse. @throws QueueError `INVALID` naming the jobs.
 */
export function refuseCycles(jobs: readonly NewJob[], verb: string): void {
  const dependencies = new Map<string, readonly string[]>();
  for (const { id, dependsOn } of jobs) if (dependsOn) dependencies.set(id, dependsOn);
  refuseCircle(dependencies.keys(), (id) => dependencies.get(id) ?? [], `Cannot ${verb}`);
}

/** What a name waits for; asked once for each. */
type WaitsFor = (name: string) => Iterable<string>;

/**
 * Refuses names that wait for each other in a circle, as far as it can be reached from where to begin.
 * @throws QueueError `INVALID` with the circle.
 */
export function refuseCircle(starts: Iterable<string>, waitsFor: WaitsFor, subject: string): void {
  const round = findCircle(starts, waitsFor);
  if (round === undefined) return;
  const shown = round.length > 7 ? [...round.slice(0, 5), "…", round.at(-1)] : round;
  throw new QueueError(
    "INVALID",
    `${subject}: jobs depend on each other in a circle, ${shown.join(" → ")}. Leave out one of these dependencies.`,
  );
}

/** A way from a name back to itself, both ends included. */
function findCircle(starts: Iterable<string>, waitsFor: WaitsFor): readonly string[] | undefined {
  const finished = new Set<string>();
  // Without recursion, since a chain may be as long as a call.
  for (const start of starts) {
    const path = finished.has(start) ? [] : [{ id: start, left: waitsFor(start)[Symbol.iterator]() }];
    const onPath = new Set<string>([start]);
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const next = last.left.next();
      if (next.done === true) {
        path.pop();
        onPath.delete(last.id);
        finished.add(last.id);
        continue;
      }
      const id = next.value;
      if (onPath.has(id)) {
        const ids = path.map((step) => step.id);
        return [...ids.slice(ids.indexOf(id)), id];
      } else if (!finished.has(id)) {
        path.push({ id, left: waitsFor(id)[Symbol.iterator]() });
        onPath.add(id);
      }
    }
  }
  return undefined;
}
