export { type CaseName, type PromiseNumber, titleOf } from "./case.ts";
export { checkFixture } from "./check-fixture.ts";
export type { Connection, Fixture } from "./fixture.ts";
export {
  compareAdapters,
  type Comparison,
  type ComparisonOptions,
  type ComparisonProgress,
  type Difference,
} from "./model/compare-adapters.ts";
export type { RunOptions } from "./plan.ts";
export { type Part, type PromiseName, promiseNamed, promises } from "./promises.ts";
export { type Badge, badgeOf, badgeSvg } from "./report/badge.ts";
export { renderComparison } from "./report/comparison.ts";
export { renderReport } from "./report/render.ts";
export type { CaseReport, PromiseReport, Report, Verdict } from "./report/report.ts";
export type { Look } from "./report/style.ts";
export { runConformance, type TestRunner } from "./run-conformance.ts";
export { runStandalone, type Progress, type StandaloneOptions } from "./run-standalone.ts";
