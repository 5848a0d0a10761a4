import type { Machine } from "./machine.ts";
import type { Parameters, Statistic } from "./measurement.ts";
import type { Subject } from "./subject.ts";
import type { Unit } from "./units.ts";

/** How much is to be measured. */
export interface Plan {
  /** Everything once and small, to see that it runs. */
  readonly smoke: boolean;
  /** How often everything is repeated. */
  readonly runs: number;
  /** Where chance begins, which orders the subjects and spaces what is to have no rhythm: the same seed, the same choices. */
  readonly seed: number;
  /** How long a measurement lasts that has no natural end, instead of its own default. */
  readonly seconds?: number;
  /** How many jobs wait, instead of the scenario's own sizes. */
  readonly backlogs?: readonly number[];
  readonly connections?: number;
}

/**
 * What came out of one run, by metric: a value, or the times of single events, of which the distribution is kept. What
 * could not be measured on this subject is left out.
 */
export type Readings = Readonly<Record<string, number | readonly number[] | undefined>>;

/** One thing that is done to every subject in turn, and everything that is read off meanwhile. */
export interface Case {
  readonly parameters?: Parameters;
  readonly metrics: Readonly<Record<string, Unit>>;
  /** What travels together in it, or in its metrics, where that is not for the subject to decide: `one at a time`. */
  readonly batching?: string | Readonly<Record<string, string>>;
  /** How often at most, where a single run is long enough to need no repetition. */
  readonly runs?: number;
  /**
   * Does it once on one subject, on a store of its own, since what one run leaves behind is not the next one's.
   * @throws InvalidRun if a job was lost or ran twice: the run is marked, and its figures are never used.
   */
  run(subject: Subject, plan: Plan): Promise<Readings>;
}

/**
 * A kind of measurement. It knows nothing of other subjects, repetitions and tables: in every round each case is run on
 * every subject once, in an order of its own, so that neither a slow moment of the machine nor what another subject left
 * behind falls on one of them alone.
 */
export interface Scenario {
  readonly name: string;
  /** What is measured, in a line. */
  readonly about: string;
  /** Left out unless it is asked for, because it takes minutes. */
  readonly isLong?: true;
  /** To what a value is set in relation: to the subject's floor (default), or to the first value of this parameter. */
  readonly baseline?: { readonly parameter: string };
  /** Which columns the samples get; p50, p95, p99 and max if this is silent. */
  readonly statistics?: readonly Statistic[];
  /** How the report draws it, besides the table; bars if this is silent. */
  readonly plot?: Plot;
  suits(subject: Subject): boolean;
  /** Why statements cannot be counted on the servers of this run, in a scenario that counts them. */
  lacks?(servers: Machine["servers"]): string | undefined;
  cases(plan: Plan): readonly Case[];
}

/** What of a scenario is kept beside its measurements. */
export type ScenarioInfo = Pick<Scenario, "name" | "about" | "baseline" | "statistics" | "plot">;

/** How a scenario looks in the HTML report. */
type Plot =
  /** A bar for each subject, beside its floor. */
  | { readonly kind: "bars" }
  /** The distribution of the samples. */
  | { readonly kind: "distribution" }
  /** A line for each subject over a numeric parameter, such as the backlog, on logarithmic axes. */
  | { readonly kind: "curve"; readonly over: string }
  /** Only the table. */
  | { readonly kind: "none" };
