import type { OnParent } from "../contract/job.ts";
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
