export { titleOf, type Case, type PromiseNumber } from "./case.ts";
export { cases } from "./cases/index.ts";
export type { Connection, Fixture } from "./fixture.ts";
export type { Need, Readiness } from "./needs.ts";
export { runCase, type CaseOutcome } from "./run-case.ts";
export { runConformance, type TestRunner } from "./run-conformance.ts";
export {
  runStandalone,
  type CaseReport,
  type Progress,
  type Report,
  type StandaloneOptions,
} from "./run-standalone.ts";
export type { HeldJob, Trial, Wish } from "./trial.ts";
