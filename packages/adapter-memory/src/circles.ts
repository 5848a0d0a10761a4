import { refuseCircle } from "@anyqueue/api";
import type { NewJob } from "@anyqueue/api";
import type { Jobs } from "./jobs.ts";

/** What else is known of the call. */
interface Circumstances {
  /** Jobs that it makes wait for nothing. */
  readonly freed?: ReadonlySet<string>;
  /** `Store` has refused the circles among the jobs of one list; several lists may close one between them. */
  readonly mayBeAmongNew?: boolean;
}

/**
 * Refuses jobs that would wait, through stored ones, for themselves (P20). That takes a stored job which waits for one that
 * was not there yet, so mostly there is nothing to look for. @throws QueueError `INVALID` with the circle.
 */
export function refuseCircles(
  jobs: Jobs,
  added: ReadonlyMap<string, NewJob>,
  { freed, mayBeAmongNew = false }: Circumstances = {},
): void {
  const ids = [...added.keys()];
  if (!mayBeAmongNew && !ids.some((id) => jobs.dependencies.isNeeded(id))) return;
  const waitsFor = (id: string): Iterable<string> =>
    added.get(id)?.dependsOn ?? (freed?.has(id) === true ? [] : missingOf(jobs, id));
  refuseCircle(ids, waitsFor, "Cannot insert");
}

function missingOf(jobs: Jobs, id: string): Iterable<string> {
  const entry = jobs.get(id);
  return (entry && jobs.dependencies.missingOf(entry)) ?? [];
}
