import { fateOf, refuseCircle } from "@anyqueue/api";
import type { Known } from "./known.ts";
import type { JobPlan } from "./step.ts";

/** New jobs of one call without dependencies of which no store ever hears, or which each store may take in its own way. */
export function tidyJobs(jobs: readonly JobPlan[], known: Known): readonly JobPlan[] {
  return withoutEarlyEnds(withoutCircles(jobs.map(withoutSelf)), known);
}

/** `Store` refuses a job that depends on itself, and asks nothing twice. */
function withoutSelf({ dependsOn, onParent = "cancel", ...job }: JobPlan): JobPlan {
  const others = [...new Set(dependsOn)].filter((id) => id !== job.id);
  return others.length === 0 ? job : { ...job, dependsOn: others, onParent };
}

/** `Store` refuses jobs of one call that depend on each other in a circle. */
function withoutCircles(jobs: readonly JobPlan[]): readonly JobPlan[] {
  const dependencies = new Map<string, readonly string[]>();
  for (const { id, dependsOn = [] } of jobs) dependencies.set(id, [...(dependencies.get(id) ?? []), ...dependsOn]);
  try {
    refuseCircle(dependencies.keys(), (id) => dependencies.get(id) ?? [], "");
    return jobs;
  } catch {
    return jobs.map((job) => without(job, () => true));
  }
}

/**
 * A job may be stored as ended, since it depends on one that is not there. Whether others of the call, which depend on it,
 * are stored as blocked first is left open, and shows in their version and log.
 */
function withoutEarlyEnds(jobs: readonly JobPlan[], known: Known): readonly JobPlan[] {
  // Those that will be stored: an id that exists is not, and a unique key may be somebody else's.
  const own = new Set(jobs.flatMap(({ id, unique }) => (known.get(id) === null && unique === undefined ? [id] : [])));
  const endsAtOnce = ({ dependsOn = [], onParent }: JobPlan): boolean =>
    dependsOn.some((id) => !own.has(id) && fateOf(known.get(id)?.state ?? null, onParent) === "cancel");
  const ended = new Set(jobs.filter(endsAtOnce).map(({ id }) => id));
  return jobs.map((job) => without(job, (id) => ended.has(id)));
}

/** The job without some of its dependencies. */
function without({ dependsOn = [], onParent, ...job }: JobPlan, isUnwanted: (id: string) => boolean): JobPlan {
  const others = dependsOn.filter((id) => !isUnwanted(id));
  return others.length === 0 ? job : { ...job, dependsOn: others, ...(onParent && { onParent }) };
}
