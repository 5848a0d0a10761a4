import type { Json } from "./json.ts";
import type { JobError } from "./job.ts";

/** What a user, or a handler's `ctx.log`, adds to a job's log. */
export interface NewEvent {
  /** The job. */
  readonly id: string;
  readonly event: Json;
  /** When given, the caller's lease must be the living one, else `stale`. */
  readonly token?: number;
}

/** What became of one appended event. */
export type AppendOutcome = { readonly status: "ok" } | { readonly status: "missing" } | { readonly status: "stale" };

/** One entry of the append-only log (P22). */
export interface JobEvent {
  /** The job. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /**
   * `user` events and `failed` attempts are always recorded; `inserted`, `moved` only in lanes with `history: "all"`.
   * A removed job takes its events with it.
   */
  readonly kind: "inserted" | "moved" | "failed" | "user";
  /** `moved`. */
  readonly from?: string;
  /** `moved`, and the first state for `inserted`. */
  readonly to?: string;
  /** `moved`: who holds the job after the step, or gave it up in it. */
  readonly holder?: string;
  /** `failed`. */
  readonly error?: JobError;
  /** `user`. */
  readonly data?: Json;
}

/** A part of the log, in the order in which it was written; the order is promised within a job (P23). */
export interface EventQuery {
  /** Only the events of this job. */
  readonly id?: string;
  /** From behind this cursor of an earlier page; absent, from the beginning. What is no such cursor is `INVALID`. */
  readonly after?: string;
  readonly kinds?: readonly JobEvent["kind"][];
  /** 1 … 10 000. */
  readonly limit: number;
}

/** A page of events. It may be shorter than asked, and is the last one for now only when `items` is empty. */
export interface EventPage {
  readonly items: readonly JobEvent[];
  /**
   * Where to go on behind each of the items, in their order: from there come exactly those that the page still holds and
   * what follows it, also while many write (P23). Opaque.
   */
  readonly cursors: readonly string[];
  /** Where to go on behind the page, also behind an empty one. Opaque. */
  readonly after: string;
}
