import type { Json } from "./json.ts";

/** The right to work on a job until a time. */
export interface Lease {
  /** Rises within a lane over all its jobs and is never used again, so it fences out a stale holder (P13). */
  readonly token: number;
  /** Epoch milliseconds. The lease lives while this is later than the store's clock. */
  readonly until: number;
  /** Who holds it, as named in the poll. */
  readonly holder: string;
  /** The state that the job was polled from and returns to when the lease ends (P11). */
  readonly from: string;
}

/** One failed attempt, as it stays readable (P16). */
export interface JobError {
  readonly message: string;
  /** The code of the error that was thrown, if it had one; `LEASE_ENDED` and `TIMEOUT` are AnyQueue's own. */
  readonly code?: string;
  readonly stack?: string;
  /** The attempt that failed, counted from 1. */
  readonly attempt?: number;
  /** Epoch milliseconds. */
  readonly at?: number;
}

/** How long to wait before the next attempt, as plain data that is stored with the job. */
export interface Backoff {
  readonly type: "fixed" | "linear" | "exponential";
  /** Milliseconds before the second attempt. */
  readonly delayMs: number;
  /** An upper bound in milliseconds, jitter included. */
  readonly maxMs?: number;
  /** 0 … 1: up to this share is added at random, never taken away. */
  readonly jitter?: number;
}

/**
 * At most one job per lane holds a key (P17): `started`, while nobody holds a lease on it and it has not ended, so also
 * between two attempts; `finished`, until it has ended; with a window, for that time after its insertion, whatever
 * becomes of it. A job that is removed holds nothing.
 */
export interface Unique {
  readonly key: string;
  readonly until: "started" | "finished" | { readonly windowMs: number };
}

/**
 * What becomes of a blocked job when a job that it depends on ends other than `completed`, is removed before its end, or
 * is not there (P20): it is cancelled, goes on as if that one were completed, or stays blocked until that one does complete.
 */
export type OnParent = "cancel" | "release" | "leave";

/** How long a finished job is kept, by the way it ended: milliseconds, or `false` to remove it in the step that finishes it. */
export interface KeepFor {
  readonly completed?: number | false;
  readonly failed?: number | false;
  readonly cancelled?: number | false;
}

/** The ordering key of a job that was inserted without one into a lane with `order: "fifo"` (P18). */
export const FIFO_KEY = "$fifo";

/** What an adapter is given to store. `api` has filled in every default, so all of it is valid and normalised. */
export interface NewJob {
  /** `<lane>:<local id>`. */
  readonly id: string;
  readonly lane: string;
  readonly type: string;
  readonly payload: Json;
  /** `waiting`, or a state of the user's own. */
  readonly state: string;
  /** 0 … 4 294 967 295, lower first. */
  readonly priority: number;
  readonly maxAttempts: number;
  /** Epoch milliseconds at which it is due. Without `runAt` and `delayMs` it is due at once. */
  readonly runAt?: number;
  /** Milliseconds from the store's clock until it is due. */
  readonly delayMs?: number;
  readonly backoff?: Backoff;
  /** Milliseconds that one attempt may take; kept for the worker. */
  readonly timeoutMs?: number;
  /** Jobs that can be listed and cancelled together (P21). */
  readonly group?: string;
  readonly progress?: Json;
  /**
   * Jobs of one lane and key run one at a time in insertion order, or as many as the lane's `keyConcurrency` says, started
   * in that order (P18). Who comes first keeps its turn until it has ended, also while it is delayed or tried again.
   */
  readonly orderingKey?: string;
  readonly unique?: Unique;
  /** Ids of jobs, in any lane, that have to complete before this one can run; until then it is `blocked` (P20). */
  readonly dependsOn?: readonly string[];
  /** `cancel` when absent. */
  readonly onParent?: OnParent;
  /** How long it is kept once it has ended, where its lane's setting does not fit (P26). */
  readonly keep?: KeepFor;
}

/** A job as a store answers it. Fields that do not apply are absent, never `undefined` or `null`. */
export interface Job extends Omit<NewJob, "runAt" | "delayMs"> {
  /** Epoch milliseconds. Due when not later than the store's clock (P8). */
  readonly runAt: number;
  /** How often it has been tried since it came into its present state. A leasing poll adds one. */
  readonly attempt: number;
  /** The last lease token this job was given, 0 before the first. */
  readonly token: number;
  /** Present from a leasing poll until the lease is given up, also when its time has run out. */
  readonly lease?: Lease;
  /** Set while a held job waits for its holder to notice a cancellation (P21). */
  readonly cancelRequested?: true;
  readonly result?: Json;
  /** The error of the last failed attempt. All of them are in the log. */
  readonly error?: JobError;
  /** 1 at first, one more with every change except a renewal. */
  readonly version: number;
  /** Epoch milliseconds. */
  readonly insertedAt: number;
  /** Epoch milliseconds of the last insert, poll, cas (renewals apart) or append. */
  readonly updatedAt: number;
  /** Epoch milliseconds; present in terminal states only. */
  readonly finishedAt?: number;
}
