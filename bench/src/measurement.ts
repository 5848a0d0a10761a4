import type { Capabilities } from "@anyqueue/api";
import type { Unit } from "./units.ts";

/** What an acknowledged job survives. Redis with an append-only file that is synced every second is at `crash`. */
export type Durability = Capabilities["durability"];

/** What a subject is that is not AnyQueue on some adapter: what a raw driver can do, or another queue. */
export type Kind = "floor" | "other";

/** What tells the cases of a scenario apart, in the order in which a table shows it: `{ backlog: 10_000, processes: 4 }`. */
export type Parameters = Readonly<Record<string, string | number>>;

/**
 * One metric of one subject in one case of a scenario, over all repetitions. Everything that is shown or compared (tables,
 * JSON, the HTML report, `--compare`) is made from these and from nothing else.
 */
export interface Measurement {
  readonly scenario: string;
  readonly metric: string;
  readonly unit: Unit;
  readonly parameters: Parameters;
  readonly subject: string;
  readonly kind?: Kind;
  readonly durability: Durability;
  /** What travels together; printed beside every number, as the durability is. */
  readonly batching: string;
  /** Where the case decides what travels together, whatever the subject could. */
  readonly batchedBy?: "case";
  /** The subject with which it is set in relation, where there is one. */
  readonly floor?: string;
  /** One for each valid repetition; of samples, their median. */
  readonly values: readonly number[];
  /** Where single events were timed: one for each of `values`. */
  readonly samples?: readonly Samples[];
  /** Why repetitions do not count: each failed, lost a job, or ran one twice. A measurement with any is shown as invalid. */
  readonly invalid: readonly string[];
}

/** What is kept of the single times of one repetition. */
export interface Samples {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** How many fell into each bucket of the histogram (see `histogram.ts`); those without any are left out. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/** A number of samples that is worth a column of its own. */
export type Statistic = Exclude<keyof Samples, "buckets" | "count">;
