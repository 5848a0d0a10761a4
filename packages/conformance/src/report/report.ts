import type { Capabilities } from "@anyqueue/api";
import type { PromiseNumber } from "../case.ts";
import type { Part } from "../promises.ts";

/** What became of one case, as plain data. */
export interface CaseReport {
  readonly promise: PromiseNumber;
  readonly scenarios: readonly string[];
  readonly title: string;
  /** It looks for faults by chance, and finds more in a longer run. */
  readonly isOpenEnded?: true;
  readonly outcome: "passed" | "failed" | "skipped";
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
  /** Why it was skipped, or how the promise is broken: a sentence, and where it helps the difference in further lines. */
  readonly reason?: string;
  /** It was skipped because it did not end, after others had not ended either: nothing is known of it. */
  readonly isUnjudged?: true;
  /**
   * What an open-ended case came to where it found nothing wrong: `rounds` and `calls`; of the jobs whose leases ended
   * (`takenOver`), those that were run `again`; those that took too long to judge (`unjudged`).
   */
  readonly counts?: Readonly<Record<string, number>>;
  /** The calls that show how the promise is broken, each a line. */
  readonly history?: readonly string[];
  /** The verb whose answer shows it: the last that was called. */
  readonly verb?: string;
  /** The field of that answer which is not as the model's, in a case that compares random calls with it. */
  readonly field?: string;
  /** The promise at which its failure is told, where random calls found what may be another's than its own. */
  readonly toldAt?: PromiseNumber;
  /** Runs this failure again by itself, given as `replay`. */
  readonly replay?: string;
  /** The same as plain data, for a file that can be given as `replay`; unlike a seed it is the same in every version of the suite. */
  readonly script?: unknown;
}

/**
 * What can be said of a promise: `kept` by all of its cases that apply, `broken` by one, `not applicable` when none applies,
 * `partly run` when none that was run found anything but some were left out, or not waited for. `doubtful` when only random
 * calls were answered otherwise than by the model, and that is told at another promise, or a failure of another one may be
 * the reason.
 */
export type Verdict = "kept" | "broken" | "doubtful" | "not applicable" | "partly run";

/** What became of a promise, as plain data. */
export interface PromiseReport {
  readonly promise: PromiseNumber;
  readonly name: string;
  readonly part: Part;
  readonly verdict: Verdict;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The other promises whose random cases found what is told here. */
  readonly foundBy?: readonly PromiseNumber[];
  /** Why cases were skipped, or how the promise is broken, in a sentence. */
  readonly reason?: string;
}

/** What became of a run, as plain data. */
export interface Report {
  /** The version of the suite. */
  readonly suite: string;
  /** The name of the fixture. */
  readonly subject: string;
  /** The name of the adapter. */
  readonly adapter: string;
  readonly capabilities: Capabilities;
  /** Give it again to repeat the random cases. */
  readonly seed: number;
  /** How long the open-ended cases were allowed to look for faults, in milliseconds. */
  readonly timeMs: number;
  /** How long all of it took, in milliseconds. */
  readonly tookMs: number;
  /** The version of Node.js. */
  readonly node: string;
  /** Whether every case of the suite was run and judged: then its verdicts are about the adapter as a whole. */
  readonly isWhole: boolean;
  readonly counts: { readonly passed: number; readonly failed: number; readonly skipped: number };
  readonly promises: readonly PromiseReport[];
  readonly cases: readonly CaseReport[];
}
