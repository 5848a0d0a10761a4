import type { Job } from "../contract/job.ts";
import { isTerminal } from "../contract/names.ts";

/** Whether a job is in the line of its ordering key: it has one, has not ended and is not blocked (P18). */
export function isInLine({ orderingKey, state }: Pick<Job, "orderingKey" | "state">): boolean {
  return orderingKey !== undefined && state !== "blocked" && !isTerminal(state);
}

/** Whether a job that has the turn in its line still has it as it is now, after a change that may have requeued it (P18). */
export function keepsTurn(job: Pick<Job, "orderingKey" | "state" | "lease">, isRequeued: boolean): boolean {
  return isInLine(job) && !(isRequeued && job.lease === undefined);
}
