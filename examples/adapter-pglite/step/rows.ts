import type { Bucket, Job, JobEvent, LaneSettings, PollRequest } from "@anyqueue/api";

/** A job, and what cannot be told from it. */
export interface Entry {
  readonly id: string;
  job: Job;
  /** Its place in the order of insertion. */
  seq: number;
  /** Its place in the order of changes. */
  touched: number;
  /** It has the turn under its ordering key, or no such key (P18). */
  turn: boolean;
  /** Its lane and unique key, until another job takes it (P17). */
  key: string | null;
  /** What it still waits for while it is blocked (P20). */
  missing: readonly string[];
}

/** A lane, with what is left of its rate. */
export interface Lane {
  readonly lane: string;
  readonly settings: LaneSettings;
  readonly bucket?: Bucket | undefined;
}

/** An event, and its place in the log. */
export interface Logged {
  readonly position: number;
  readonly id: string;
  readonly kind: string;
  readonly event: JobEvent;
}

/** When a lane has something: the first end of a lease and the first job that is open, and how many leases there are. */
export interface Due {
  readonly lane: string;
  readonly leases: number;
  readonly endAt: number | null;
  readonly dueAt: number | null;
}

/** What a step asks of a store, inside one transaction. Each answer tells of what was saved before. */
export interface Rows {
  save(entry: Entry): void;
  log(event: Logged): void;
  byId(ids: readonly string[]): Promise<Entry[]>;
  byKey(keys: readonly string[]): Promise<Entry[]>;
  /** Those who miss one of these. */
  waitingFor(ids: readonly string[]): Promise<Entry[]>;
  /** Those, those who miss them, and so on. */
  waitingBehind(ids: readonly string[]): Promise<Entry[]>;
  /** Those whose lease has ended, the first to end first. */
  overdue(lanes: readonly string[], now: number, limit: number): Promise<Entry[]>;
  /** Those of a lane that the request may have, in its order, apart from its filters. */
  open(lane: string, request: PollRequest, now: number, limit: number | null): Promise<Entry[]>;
  due(lanes: readonly string[], from: string): Promise<Due[]>;
  unfinished(lane: string): Promise<number>;
  /** Removes jobs with their events. */
  remove(ids: readonly string[]): Promise<unknown>;
  /** The same, but of these only the jobs on which no unfinished one depends. */
  removeSpare(ids: readonly string[]): Promise<unknown>;
  /** Lets nobody be the one who took these keys last. */
  freeKeys(keys: readonly string[]): Promise<unknown>;
  saveLane(lane: Lane): Promise<unknown>;
  /** Gives each line so many turns, the first in it first, and tells the lanes of those who got one. */
  giveTurns(lines: readonly string[], turns: readonly number[]): Promise<string[]>;
}
