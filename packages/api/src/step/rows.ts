import type { Hint, Job, JobEvent, LaneSettings, PollRequest, RemoveQuery } from "../contract/index.ts";
import type { Bucket } from "../semantics/index.ts";
import type { Answer } from "./work.ts";

/** A job, and what cannot be told from it. */
export interface JobRow {
  readonly id: string;
  job: Job;
  /** Its place in the order of insertion. */
  seq: number;
  /** Its place in the order of changes. */
  touched: number;
  /** It has the turn under its ordering key, or no such key (P18). */
  turn: boolean;
  /** Its lane and unique key, until another job takes it (P17). No two rows have the same. */
  key: string | null;
  /** What it still waits for while it is blocked, all of it among its `dependsOn` (P20). */
  missing: readonly string[];
}

/** A lane, with what is left of its rate. */
export interface LaneRow {
  readonly lane: string;
  readonly settings: LaneSettings;
  readonly bucket?: Bucket | undefined;
}

/** An event, and its place in the log. */
export interface EventRow {
  readonly position: number;
  readonly id: string;
  readonly kind: string;
  readonly event: JobEvent;
}

/** When a lane has something, and how many of its jobs have a lease. */
export interface DueRow {
  readonly lane: string;
  readonly leases: number;
  /** The first end of a lease, also if it is past. */
  readonly endAt: number | null;
  /** The first `runAt` of a job that is open. */
  readonly dueAt: number | null;
}

/** What a step begins with. */
export interface Beginning {
  /** The last number that was given, of those for tokens, places and positions. */
  readonly counter: number;
  readonly lanes: readonly LaneRow[];
}

/**
 * What a step asks of a store, within one transaction. Each answer tells of what was saved before, so what is saved may be
 * gathered until the next question, and has to be written before the transaction ends.
 *
 * A row that is answered may be changed by the step, which then saves it. A line is a lane, a colon and an ordering key;
 * those of a line are its jobs that have not ended and are not blocked. A job is open in a state if it has the turn and
 * no lease, not even one that has ended.
 */
export interface Rows {
  begin(): Answer<Beginning>;
  /** Adds a job, or puts it in the place of the one with its id. */
  save(row: JobRow): void;
  log(row: EventRow): void;
  /** Adds a lane, or puts it in the place of the one with its name. */
  saveLane(row: LaneRow): Answer<unknown>;
  saveCounter(counter: number): Answer<unknown>;
  /** Tells those who listen, once the step is committed. */
  tell(hints: readonly Hint[]): Answer<unknown>;

  byId(ids: readonly string[]): Answer<JobRow[]>;
  /** Who took these keys last. */
  byKey(keys: readonly string[]): Answer<JobRow[]>;
  /** Those who miss one of these. */
  waitingFor(ids: readonly string[]): Answer<JobRow[]>;
  /** Those, those who miss them, and so on. */
  waitingBehind(ids: readonly string[]): Answer<JobRow[]>;
  /** Those of these lanes whose lease has ended, the first to end first. */
  overdue(lanes: readonly string[], now: number, limit: number): Answer<JobRow[]>;
  /** Those of a lane that are open in the request's state and due, and among its `ids`, in its order. Null is no limit. */
  open(lane: string, request: PollRequest, now: number, limit: number | null): Answer<Iterable<JobRow>>;
  due(lanes: readonly string[], from: string): Answer<DueRow[]>;
  /** How many jobs of a lane have not ended. */
  unfinished(lane: string): Answer<number>;
  /** Those that have ended and that a removal means (`isOutdated`), the first to end first, and on whom no unfinished job depends. */
  outdated(query: Outdated, now: number): Answer<JobRow[]>;
  /** The lines of a lane. */
  linesOf(lane: string): Answer<string[]>;

  /** Removes jobs with their events. */
  remove(ids: readonly string[]): Answer<unknown>;
  /** The same, but of these only the jobs on which no unfinished one depends. */
  removeSpare(ids: readonly string[]): Answer<unknown>;
  /** Lets nobody be the one who took these keys last. */
  freeKeys(keys: readonly string[]): Answer<unknown>;
  /**
   * Gives each line so many turns: who has one keeps it, the others get what is free, the first to be inserted first. Tells
   * the lanes of those who got one.
   */
  giveTurns(lines: readonly string[], turns: readonly number[]): Answer<string[]>;
}

/** A removal of what has outlived its time. */
export type Outdated = Exclude<RemoveQuery, { readonly ids: unknown }>;
