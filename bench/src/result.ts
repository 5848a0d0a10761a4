import type { Machine } from "./machine.ts";
import type { Measurement } from "./measurement.ts";
import type { Step } from "./run-scenario.ts";
import type { Plan, ScenarioInfo } from "./scenario.ts";
import type { Subject } from "./subject.ts";

/** What a file says that holds such a result. */
export const FORMAT = "anyqueue bench 1";

/** All that one run of the benchmark found, as plain data: what `--json` writes, and `--compare` and `--from` read. */
export interface BenchResult {
  readonly format: typeof FORMAT;
  readonly startedAt: string;
  readonly seconds: number;
  /** Of the repository, where the code comes from one; with a `+` if files differ from it. */
  readonly commit?: string;
  readonly machine: Machine;
  readonly plan: Plan;
  readonly subjects: readonly SubjectInfo[];
  readonly leftOut: readonly LeftOut[];
  readonly scenarios: readonly ScenarioInfo[];
  readonly measurements: readonly Measurement[];
  /** Every single run in the order in which they were, so that a drift of the machine can be seen. */
  readonly timeline: readonly TimedStep[];
}

/** One run of one case on one subject, and how many seconds after the beginning of everything it began. */
export interface TimedStep extends Step {
  readonly at: number;
}

/** What is known before anything is measured. */
export type ResultHead = Pick<BenchResult, "commit" | "machine" | "plan" | "subjects" | "leftOut">;

/** What is kept of a subject beside its measurements. */
export type SubjectInfo = Pick<Subject, "name" | "durability" | "batching" | "floor" | "configuration">;

/** What was asked for and could not be measured: a subject, or a scenario or a part of it. */
export interface LeftOut {
  readonly what: string;
  readonly because: string;
  /** The server that this machine lacks, or that lacks something, where that is why. */
  readonly server?: Subject["server"];
}

export function newResult(parts: Omit<BenchResult, "format">): BenchResult {
  return { format: FORMAT, ...parts };
}
