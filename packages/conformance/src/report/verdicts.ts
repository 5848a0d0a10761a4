import { cases } from "../cases/index.ts";
import { promises } from "../promises.ts";
import type { CaseReport, PromiseReport, Report, Verdict } from "./report.ts";

/** How many cases came to what. */
export function countOutcomes(reports: readonly CaseReport[]): Report["counts"] {
  const count = (outcome: CaseReport["outcome"]) => reports.filter((each) => each.outcome === outcome).length;
  return { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
}

/** Judges each promise of which a case was run by all of its cases, in the order of the contract. */
export function judgePromises(reports: readonly CaseReport[]): PromiseReport[] {
  const isExplained = reports.some((each) => each.outcome === "failed" && !isByModel(each));
  return promises.flatMap((named): PromiseReport[] => {
    const own = reports.filter(({ promise }) => promise === named.promise);
    if (own.length === 0) return [];
    const [failed] = showing(own);
    const reason = failed ? firstLine(failed.reason) : excuse(own);
    const verdict = verdictOf(own, isExplained);
    return [{ ...named, verdict, ...countOutcomes(own), ...(reason !== undefined && { reason }) }];
  });
}

function verdictOf(own: readonly CaseReport[], isExplained: boolean): Verdict {
  const { passed, failed } = countOutcomes(own);
  // One fault of any kind makes nearly all random calls differ sooner or later, whatever they are about.
  if (failed > 0) return isExplained && showing(own).every(isByModel) ? "doubtful" : "broken";
  if (own.some(({ isUnjudged }) => isUnjudged)) return "untold";
  const [{ promise } = { promise: "" }] = own;
  if (own.length < cases.filter((subject) => subject.promise === promise).length) return "untold";
  return passed > 0 ? "kept" : "not applicable";
}

/** Whether a failed case is one that compares random calls with the model. */
export function isByModel({ script }: CaseReport): boolean {
  return script !== undefined;
}

/**
 * The cases that failed, those first that show best how: an example, which always fails the same way, before what was found
 * by chance, and a few calls before many.
 */
export function showing(reports: readonly CaseReport[]): CaseReport[] {
  const failed = reports.filter(({ outcome }) => outcome === "failed");
  return failed.toSorted((a, b) => Number(isByModel(a)) - Number(isByModel(b)) || length(a) - length(b));
}

function length({ history = [] }: CaseReport): number {
  return history.length === 0 ? Number.POSITIVE_INFINITY : history.length;
}

/** Why cases were skipped: the reason that most of them have. */
function excuse(own: readonly CaseReport[]): string | undefined {
  const reasons = own.filter(({ outcome }) => outcome === "skipped").map(({ reason }) => firstLine(reason));
  return mostFrequent(reasons);
}

function mostFrequent(texts: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

/** The sentence of a reason, without the difference behind it. */
export function firstLine(reason = ""): string {
  return reason.split("\n", 1).join("");
}
