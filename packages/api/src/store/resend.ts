import type { InsertOutcome } from "../contract/insert.ts";
import type { NewJob } from "../contract/job.ts";
import { isQueueError } from "../errors.ts";

/** What a resend goes by. */
export interface ResendRules {
  /** Whether the caller gave the job's id. */
  readonly isNamed: (job: NewJob) => boolean;
  readonly pause: (ms: number) => Promise<void>;
  readonly allOrNone: boolean;
}

/** Milliseconds before each resend of an insert. */
const PAUSES = [50, 500, 2000];

/**
 * Sends an insert again whose store was unavailable, as long as it is (P3). A reply may have been lost after the insert took effect,
 * so jobs whose fresh id is then found to exist are our own, and answer `added`; ids given by the caller answer
 * `existing` as ever.
 */
export async function resend(
  send: () => Promise<InsertOutcome[]>,
  failure: unknown,
  jobs: readonly NewJob[],
  { isNamed, pause, allOrNone }: ResendRules,
): Promise<InsertOutcome[]> {
  const outcomes = await insist(send, pause, failure);
  const isOwn = outcomes.map((outcome, i) => isExisting(outcome, jobs[i]) && !isNamed(jobs[i] as NewJob));
  // All of them went in one step (P4): where one is ours, the lost call has added every one.
  const all = allOrNone && isOwn.includes(true);
  return outcomes.map((outcome, i) => {
    const job = jobs[i];
    return job && (all || isOwn[i]) ? { status: "added", id: job.id } : outcome;
  });
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

function isExisting(outcome: InsertOutcome, job: NewJob | undefined): boolean {
  return outcome.status === "existing" && outcome.by === "id" && outcome.id === job?.id;
}
