import type { KeepFor } from "../contract/job.ts";
import { isTerminal } from "../contract/names.ts";

/**
 * How long a finished job is kept: as long as it says itself, or else its lane; milliseconds, or `false` for not at all.
 * Undefined where neither says, or the job has not ended (P26).
 */
export function keptFor(
  job: { readonly state: string; readonly keep?: KeepFor | undefined },
  lane: KeepFor | null | undefined,
): number | false | undefined {
  return isTerminal(job.state) ? (job.keep?.[job.state] ?? lane?.[job.state]) : undefined;
}
