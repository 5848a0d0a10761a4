import type { PromiseNumber } from "../case.ts";
import { cases } from "../cases/index.ts";
import { promises } from "../promises.ts";
import { isByModel } from "./findings.ts";
import type { CaseReport, PromiseReport, Report, Verdict } from "./report.ts";

/** How many cases came to what. */
export function countOutcomes(reports: readonly CaseReport[]): Report["counts"] {
  const count = (outcome: CaseReport["outcome"]) => reports.filter((each) => each.outcome === outcome).length;
  return { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
}

/** Judges each promise of which a case was run, or at which a failure is told, in the order of the contract. */
export function judgePromises(reports: readonly CaseReport[]): PromiseReport[] {
  const explained = new Set(reports.flatMap((each) => (isFailure(each) && !isByModel(each) ? (each.verb ?? []) : [])));
  return promises.flatMap((named): PromiseReport[] => {
    const { promise } = named;
    const own = reports.filter((each) => each.promise === promise);
    const here = reports.filter((each) => promiseOf(each) === promise);
    if (own.length + here.length === 0) return [];
    const foundBy = [...new Set(here.map((each) => each.promise))].filter((finder) => finder !== promise);
    const [failed] = showing(here);
    const elsewhere = own.find((each) => promiseOf(each) !== promise);
    const reason = failed ? firstLine(failed.reason) : elsewhere ? metElsewhere(elsewhere) : excuse(own);
    return [
      {
        ...named,
        verdict: verdictOf(own, here, explained),
        ...countOutcomes(here),
        ...(foundBy.length > 0 && { foundBy }),
        ...(reason !== undefined && { reason }),
      },
    ];
  });
}

/** The promise at which a case is told. */
export function promiseOf({ promise, toldAt = promise }: CaseReport): PromiseNumber {
  return toldAt;
}

function metElsewhere(met: CaseReport): string {
  return `random calls met what is told at ${promiseOf(met)}`;
}

/**
 * One fault makes nearly all random calls differ sooner or later, whatever they are about. So they break a promise only if
 * the difference is about it, and if no case with a few fixed calls fails by an answer of the same verb.
 */
function verdictOf(own: readonly CaseReport[], here: readonly CaseReport[], explained: ReadonlySet<string>): Verdict {
  const failed = here.filter(isFailure);
  if (failed.some((each) => !isByModel(each) || !explained.has(each.verb ?? ""))) return "broken";
  if (failed.length > 0 || own.some((each) => !here.includes(each))) return "doubtful";
  if (own.some(({ isUnjudged }) => isUnjudged)) return "partly run";
  const [{ promise } = { promise: "" }] = own;
  if (own.length < cases.filter((subject) => subject.promise === promise).length) return "partly run";
  return own.some(({ outcome }) => outcome === "passed") ? "kept" : "not applicable";
}

function isFailure({ outcome }: CaseReport): boolean {
  return outcome === "failed";
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
