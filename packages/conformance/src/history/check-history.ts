import type { Job } from "@anyqueue/api";
import type { Call } from "./call.ts";
import { checkJobs } from "./check-jobs.ts";
import { checkTokens } from "./check-tokens.ts";
import { checkTotals, type Totals } from "./check-totals.ts";

/**
 * Looks at a history that has come to rest from every side, what is easiest to understand first: in total, at the tokens,
 * and job by job. `stored` is what the store holds in the end. @throws Counterexample
 */
export function checkHistory(calls: readonly Call[], stored: readonly Job[]): Totals {
  const totals = checkTotals(calls, stored);
  checkTokens(calls);
  checkJobs(calls);
  return totals;
}
