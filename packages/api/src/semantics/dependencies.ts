import type { Job, OnParent } from "../contract/job.ts";
import { isTerminal } from "../contract/names.ts";

/** What a dependency means for the job that waits for it: nothing yet, one less to wait for, or its end. */
export type Fate = "wait" | "go on" | "cancel";

/**
 * What becomes of a job that depends on one in this state, or on one that is not there, which is null (P20). A job that
 * lets failed dependencies stand (`leave`) waits until they do complete, after a retry for instance.
 */
export function fateOf(state: string | null, onParent: OnParent = "cancel"): Fate {
  if (state === "completed") return "go on";
  if (state !== null && !isTerminal(state)) return "wait";
  return ({ cancel: "cancel", release: "go on", leave: "wait" } as const)[onParent];
}

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
