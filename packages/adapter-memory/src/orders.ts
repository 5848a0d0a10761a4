import type { Sealed } from "./entry.ts";

/** What the insertion order looks at. */
export interface Inserted {
  readonly seq: number;
}

/** What the poll order looks at. */
export interface Ranked extends Inserted {
  readonly job: Pick<Sealed, "priority" | "runAt">;
}

/** What the order of due times looks at. */
export interface Timed extends Inserted {
  readonly job: Pick<Sealed, "runAt">;
}

/** What the order of lease ends looks at. */
export interface Leased extends Inserted {
  readonly job: Pick<Sealed, "lease">;
}

/** What the order of finishing looks at. */
export interface Finished extends Inserted {
  readonly job: Pick<Sealed, "finishedAt">;
}

/** What the order of last changes looks at. */
export interface Touched {
  readonly touched: number;
}

/** Insertion order. */
export function byInsertion(a: Inserted, b: Inserted): number {
  return a.seq - b.seq;
}

/** Priority, then due time, then insertion order (P7). */
export function byRank(a: Ranked, b: Ranked): number {
  return a.job.priority - b.job.priority || a.job.runAt - b.job.runAt || a.seq - b.seq;
}

/** Due time, then insertion order. */
export function byTime(a: Timed, b: Timed): number {
  return a.job.runAt - b.job.runAt || a.seq - b.seq;
}

/** The lease that ends first comes first (P15). */
export function byLeaseEnd(a: Leased, b: Leased): number {
  return (a.job.lease?.until ?? 0) - (b.job.lease?.until ?? 0) || a.seq - b.seq;
}

/** The job that finished first comes first. */
export function byFinish(a: Finished, b: Finished): number {
  return (a.job.finishedAt ?? 0) - (b.job.finishedAt ?? 0) || a.seq - b.seq;
}

/** The job least recently changed comes first (P7). */
export function byTouch(a: Touched, b: Touched): number {
  return a.touched - b.touched;
}
