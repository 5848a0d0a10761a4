import type { CaseReport } from "./report/report.ts";
import { CASE_DEADLINE } from "./run-case.ts";

/** How long a case may take once others have hung, in milliseconds: no right adapter needs more, even on a slow machine. */
const SHORT = 20_000;

/**
 * How long the next case may take, in milliseconds. An adapter that has let two cases wait to their deadline will do it
 * again, and is waited for less; what does not end then is not judged by that.
 */
export function patienceAfter(reports: readonly CaseReport[]): number {
  const hung = reports.filter(({ outcome, tookMs }) => outcome === "failed" && tookMs >= CASE_DEADLINE).length;
  return hung < 2 ? CASE_DEADLINE : SHORT;
}

/** Why a case is not judged that did not end in such a short time. */
export function impatience(deadlineMs: number): string {
  return `not judged: it had not ended after ${Math.round(deadlineMs / 1000)} seconds, and was not waited for any longer, since other cases never ended`;
}
