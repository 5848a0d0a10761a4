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
  const waits = new Map<string, readonly string[]>();
  for (const id of ids) {
    if (waits.has(id)) continue;
    const missing = added.get(id)?.dependsOn ?? (freed?.has(id) === true ? [] : missingOf(jobs, id));
    waits.set(id, missing);
    for (const other of missing) ids.push(other);
  }
  refuseCircle(waits, "Cannot insert");
}

function missingOf(jobs: Jobs, id: string): readonly string[] {
  const entry = jobs.get(id);
  return entry === undefined ? [] : [...(jobs.dependencies.missingOf(entry) ?? [])];
}
