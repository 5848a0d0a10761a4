export { titleOf, type Case, type PromiseNumber } from "./case.ts";
export { cases } from "./cases/index.ts";
export { checkFixture } from "./check-fixture.ts";
export type { Explanation } from "./explain.ts";
export type { Connection, Fixture } from "./fixture.ts";
export {
  compareAdapters,
  type Comparison,
  type ComparisonOptions,
  type ComparisonProgress,
  type Difference,
} from "./model/compare-adapters.ts";
export type { Need, Readiness } from "./needs.ts";
export type { RunOptions } from "./plan.ts";
export { type Part, type PromiseName, promiseNamed, promises } from "./promises.ts";
export { type Badge, badgeOf, badgeSvg } from "./report/badge.ts";
export { renderComparison } from "./report/comparison.ts";
export { renderReport } from "./report/render.ts";
export type { CaseReport, PromiseReport, Report, Verdict } from "./report/report.ts";
export type { Look } from "./report/style.ts";
export { runCase, type CaseOutcome, type CaseSettings } from "./run-case.ts";
export { runConformance, type TestRunner } from "./run-conformance.ts";
export { runStandalone, type Progress, type StandaloneOptions } from "./run-standalone.ts";
export type { HeldJob, Trial, Wish } from "./trial.ts";
