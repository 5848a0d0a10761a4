import type { Job, JobEvent } from "@anyqueue/api";
import type { Call } from "./call.ts";
import { checkJobs } from "./check-jobs.ts";
import { checkLogs } from "./check-logs.ts";
import { checkTokens } from "./check-tokens.ts";
import { checkTotals, type Totals } from "./check-totals.ts";

/** What a store holds in the end. */
export interface Rest {
  readonly jobs: readonly Job[];
  /** The events of users, and the errors of failed attempts, of each job in order. */
  readonly events: readonly JobEvent[];
}

/** What a history that nothing is wrong with comes to. */
export interface Checked extends Totals {
  /** Jobs that took too long to judge: of what was answered about them, only the totals, logs and tokens were looked at. */
  readonly unjudged: number;
}

/**
 * Looks at a history that has come to rest from every side, what is easiest to understand first: in total, at the logs, at
 * the tokens, and job by job. @throws Counterexample
 */
export function checkHistory(calls: readonly Call[], { jobs, events }: Rest): Checked {
  const totals = checkTotals(calls, jobs);
  checkLogs(calls, events);
  checkTokens(calls);
  return { ...totals, unjudged: checkJobs(calls) };
}
