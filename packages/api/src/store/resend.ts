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
  named: boolean,
): Promise<readonly InsertOutcome[]> {
  for (const [tries, pause] of PAUSES.entries()) {
    try {
      return claimOwn(await send(tries > 0), tries > 0 && !named, jobs);
    } catch (error) {
      if (!isQueueError(error, "UNAVAILABLE")) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
    }
  }
  return claimOwn(await send(true), !named, jobs);
}

function claimOwn(outcomes: InsertOutcome[], fresh: boolean, jobs: readonly NewJob[]): InsertOutcome[] {
  if (!fresh) return outcomes;
  return outcomes.map((outcome, i) =>
    outcome.status === "existing" && outcome.by === "id" && outcome.id === jobs[i]?.id
      ? { status: "added", id: outcome.id }
      : outcome,
  );
}
