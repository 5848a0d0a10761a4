import type { InsertOutcome } from "../contract/insert.ts";
import type { NewJob } from "../contract/job.ts";
import { isQueueError } from "../errors.ts";

/** Milliseconds before each resend of an insert. */
const PAUSES = [50, 500, 2000];

/**
 * Sends an insert again while its store is unavailable (P3). A reply may have been lost after the insert took effect,
 * so jobs whose fresh id is then found to exist are our own, and answer `added`; ids given by the caller answer
 * `existing` as ever.
 */
export async function resend(
  send: (again: boolean) => Promise<InsertOutcome[]>,
  jobs: readonly NewJob[],
  isNamed: (job: NewJob) => boolean,
  pause: (ms: number) => Promise<void>,
): Promise<InsertOutcome[]> {
  try {
    return await send(false);
  } catch (error) {
    if (!isQueueError(error, "UNAVAILABLE")) throw error;
    return claimOwn(await insist(() => send(true), pause, error), jobs, isNamed);
  }
}

async function insist(
  send: () => Promise<InsertOutcome[]>,
  pause: (ms: number) => Promise<void>,
  first: unknown,
): Promise<InsertOutcome[]> {
  let last = first;
  for (const ms of PAUSES) {
    await pause(ms * (0.5 + Math.random()));
    try {
      return await send();
    } catch (error) {
      if (!isQueueError(error, "UNAVAILABLE")) throw error;
      last = error;
    }
  }
  throw last;
}

function claimOwn(
  outcomes: InsertOutcome[],
  jobs: readonly NewJob[],
  isNamed: (job: NewJob) => boolean,
): InsertOutcome[] {
  return outcomes.map((outcome, i) => {
    const job = jobs[i];
    const isOwn = outcome.status === "existing" && outcome.by === "id" && job?.id === outcome.id && !isNamed(job);
    return isOwn ? { status: "added", id: outcome.id } : outcome;
  });
}
