import type { Job } from "./job.ts";

/** What goes with a call that writes. */
export interface At<Tx = never> {
  /** Epoch milliseconds, for tests. Without it the store's own clock decides. */
  readonly now?: number;
  /** The caller's open transaction, which the call joins (P5); not where `capabilities.transactions` is false. */
  readonly tx?: Tx;
  /** `insert`: one duplicate or one full lane stops them all; the others answer `skipped` (P4). */
  readonly allOrNone?: boolean;
  /** `insert`: a resend, or ids given by the caller, so look among finished jobs too (P3). */
  readonly maybeStored?: boolean;
}

/** What became of one job of an `insert`. */
export type InsertOutcome =
  | { readonly status: "added"; readonly id: string }
  /**
   * A job with this id, or one that holds the unique key, is kept; nothing was changed (P3, P17). `job` is how it is when
   * the call ends; one of the same call that has ended at once and is not kept is told as it came.
   */
  | { readonly status: "existing"; readonly id: string; readonly by: "id" | "unique"; readonly job: Job }
  /** The lane's capacity is used up (P19). */
  | { readonly status: "full" }
  /** Another job of the same `allOrNone` call stopped this one (P4). */
  | { readonly status: "skipped" };
