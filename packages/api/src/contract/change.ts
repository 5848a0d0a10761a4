import type { Json } from "./json.ts";
import type { JobError, NewJob } from "./job.ts";
import type { Predicate } from "./predicate.ts";

/** What must hold for a change to be made. At least one of `state`, `token`, `version` is given. */
export interface Expectation {
  readonly state?: string | readonly string[];
  /** The token of the caller's lease, which must live: anything else answers `stale` (P13). */
  readonly token?: number;
  readonly version?: number;
  readonly where?: Predicate;
}

/** What a change sets. What is absent stays as it is. */
export interface Settings {
  /**
   * The next state. It ends the lease unless `leaseMs` is given. Leaving a terminal state clears `result` and
   * `finishedAt`. Moving on to a non-terminal state other than the one it was polled from sets `attempt` to 0.
   */
  readonly state?: string;
  /** Due this many milliseconds from the store's clock. */
  readonly delayMs?: number;
  /** Due at this time, in epoch milliseconds. */
  readonly runAt?: number;
  readonly priority?: number;
  readonly attempt?: number;
  readonly progress?: Json;
  readonly payload?: Json;
  /** Only with a terminal `state`. */
  readonly result?: Json;
  /** Recorded as the job's last error and appended to its log as a `failed` event (P16). */
  readonly error?: JobError;
  /** The lease ends this many milliseconds from the store's clock; it has to be alive. Alone it is a renewal. */
  readonly leaseMs?: number;
  /** At once if nobody holds the job, else its holder is asked to stop (P21). */
  readonly cancel?: true;
  /** A new place at the end of the insertion order (P7). */
  readonly requeue?: true;
  /** Gives the unique key up for good, so that the job can go back beside the one that has taken the key since (P17). */
  readonly unique?: null;
}

/**
 * One compare-and-set. It is applied whole or not at all, whatever becomes of the others in the call (P12), which are made
 * in any order: what one does to other jobs by dependencies, keys and turns, another of the call may or may not meet.
 */
export interface Change {
  /** Distinct within a call. */
  readonly id: string;
  readonly expect: Expectation;
  readonly set: Settings;
  /** Appended to the log in the same step. */
  readonly event?: Json;
  /**
   * Inserted in the same step, after `set` (P13a). Capacity is ignored; a job that exists, by id or unique key, counts as
   * done. Where they would wait for themselves through stored jobs, `cas` throws `INVALID` with the circle, as `insert`
   * does, and nothing of the call is done (P20).
   */
  readonly spawn?: readonly NewJob[];
}

/** What became of a change. Verdicts are reached in this order: missing, stale, conflict, duplicate (P12). */
export type CasOutcome =
  | {
      readonly status: "ok";
      readonly version: number;
      /** The job had been asked to stop; its holder learns it so. */
      readonly cancelRequested?: true;
      /** The ids of `spawn`, in order; where a unique key was held, the id of its holder. */
      readonly spawned?: readonly string[];
    }
  | { readonly status: "missing" }
  | {
      readonly status: "stale" | "conflict";
      readonly state: string;
      readonly token: number;
      readonly version: number;
    }
  /** It would bring a unique key into a scope that job `id` holds (P17). */
  | { readonly status: "duplicate"; readonly id: string };
