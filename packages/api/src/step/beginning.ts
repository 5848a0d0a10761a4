import type { Job } from "../contract/job.ts";
import { fateOf } from "../semantics/dependencies.ts";

/**
 * A new job with `dependsOn` as it begins, judged when all jobs of its call are stored: `cancelled`, `blocked`, or as it is
 * when it has to wait for none; and for which jobs it waits. `stateOf` tells the state of each job that it depends on, null
 * if it is not there (P20).
 */
export function beginning(
  job: Job,
  stateOf: (id: string) => string | null,
  now: number,
): { readonly job: Job; readonly waitsFor: readonly string[] } {
  const { dependsOn = [], onParent } = job;
  const fates = dependsOn.map((id) => fateOf(stateOf(id), onParent));
  if (fates.includes("cancel")) return { job: { ...job, state: "cancelled", finishedAt: now }, waitsFor: [] };
  const waitsFor = dependsOn.filter((_, i) => fates[i] === "wait");
  return { job: waitsFor.length > 0 ? { ...job, state: "blocked" } : job, waitsFor };
}
