import type { CasOutcome, Change } from "./change.ts";
import type { AppendOutcome, EventPage, EventQuery, NewEvent } from "./event.ts";
import type { At, InsertOutcome } from "./insert.ts";
import type { Job, NewJob } from "./job.ts";
import type { LaneSettings, LaneStatus } from "./lane.ts";
import type { PollRequest, PollResult } from "./poll.ts";
import type { Found, JobQuery, Page, RemoveQuery } from "./query.ts";

/** What a store can do, as frozen data. It selects conformance cases, drives types and fills the documentation's table. */
export interface Capabilities {
  /** What an acknowledged insert survives (P1). */
  readonly durability: "none" | "snapshot" | "crash" | "power-loss";
  /** Who can share one store. */
  readonly scope: "process" | "machine" | "network";
  /** How far one call reaches as one step. */
  readonly atomicity: "store" | "lane";
  /**
   * Whether `insert`, `cas` and `append` can join the caller's transaction (P5). `synchronous`: they can, and it may be
   * committed before their promises are answered, so nothing can be done in it that takes one call after another.
   */
  readonly transactions: boolean | "synchronous";
  /** Whether `subscribe` hears other processes at once, not only by polling. */
  readonly push: boolean;
}

/** Something may have happened; it is never needed for correctness (P24). */
export type Hint =
  /** A lane may have jobs that are due: new ones, or some that a limit, an ordering key or a dependency held up. */
  | { readonly lane: string }
  /** A job reached a terminal state. */
  | { readonly job: string }
  /** Some job of this lane reached a terminal state: instead of `job`, from a store that tells of lanes only. */
  | { readonly finished: string }
  /** Anything may have happened, for instance while a connection was lost. */
  | { readonly resync: true };

/** Ends a subscription. */
export type Unsubscribe = () => void;

/**
 * The contract between AnyQueue and a backend: thirteen verbs, array-shaped, atomic, plain data in and out. An adapter
 * stores and compares; it never decides. `Store` is its only caller and has checked and normalised every argument, so an
 * adapter checks nothing again. A lost race is an outcome, never an exception.
 */
export interface Adapter<Tx = never> {
  /** `sqlite`: appears in errors, reports and test titles. */
  readonly name: string;
  /** Frozen; valid once `open` has returned. */
  readonly capabilities: Capabilities;

  /** Connects and migrates; safe when many processes do it at once (P25). */
  open(): Promise<void>;
  /** Idempotent; never closes what the caller passed in. */
  close(): Promise<void>;

  /** Stores jobs in array order, an outcome for each (P1–P4). */
  insert(jobs: readonly NewJob[], at?: At<Tx>): Promise<InsertOutcome[]>;
  /** Chooses, orders, advances and leases due jobs (P6–P11, P15). An idle poll only reads. */
  poll(request: PollRequest): Promise<PollResult>;
  /** Applies each change or tells why not (P12–P16, P21). */
  cas(changes: readonly Change[], at?: At<Tx>): Promise<CasOutcome[]>;

  /** Reads jobs by id. */
  get(ids: readonly string[]): Promise<Found[]>;
  /** Lists jobs, a page at a time. Changes nothing. */
  list(query: JobQuery): Promise<Page<Job>>;
  /** Removes jobs and their events, and tells how many (P26). */
  remove(query: RemoveQuery): Promise<number>;
  /** Adds user events to the logs of jobs; with a token, fenced (P22). */
  append(entries: readonly NewEvent[], at?: At<Tx>): Promise<AppendOutcome[]>;
  /** Reads the log of one job or of the store (P22, P23). */
  events(query: EventQuery): Promise<EventPage>;
  /** Tells the settings and counts of every lane, by name. */
  lanes(query?: { readonly now?: number }): Promise<LaneStatus[]>;
  /** Sets a lane's settings; binds every call that begins after it returned (P19). */
  configure(lane: string, settings: LaneSettings): Promise<void>;
  /** Calls `wake`, which never throws, with hints until unsubscribed (P24). */
  subscribe(wake: (hint: Hint) => void): Promise<Unsubscribe>;
}
