import { keptFor } from "@anyqueue/api";
import type { Sealed } from "./entry.ts";
import { orderBy } from "./sorted-set.ts";

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
export interface Leased {
  readonly job: Pick<Sealed, "lease" | "token">;
}

/** What the order of finishing looks at. */
export interface Finished extends Inserted {
  readonly job: Pick<Sealed, "finishedAt">;
}

/** What the order looks at in which jobs have been kept as long as they say themselves. */
export interface Expiring extends Inserted {
  readonly job: Pick<Sealed, "state" | "finishedAt" | "keep">;
}

/** What the order of last changes looks at. */
export interface Touched {
  readonly touched: number;
}

/** Insertion order. */
export const byInsertion = orderBy<Inserted>(({ seq }) => seq);

/** Priority, then due time, then insertion order (P7). */
export const byRank = orderBy<Ranked>(
  ({ job }) => job.priority,
  (a, b) => a.job.runAt - b.job.runAt || a.seq - b.seq,
);

/** Due time, then insertion order. */
export const byTime = orderBy<Timed>(
  ({ job }) => job.runAt,
  (a, b) => a.seq - b.seq,
);

/** The lease that ends first comes first (P15), and of those that end together the one that was granted first. */
export const byLeaseEnd = orderBy<Leased>(
  ({ job }) => job.lease?.until ?? 0,
  (a, b) => a.job.token - b.job.token,
);

/** The job that finished first comes first. */
export const byFinish = orderBy<Finished>(
  ({ job }) => job.finishedAt ?? 0,
  (a, b) => a.seq - b.seq,
);

/** The job whose own time of being kept ends first comes first (P26). */
export const byExpiry = orderBy<Expiring>(expiresAt, (a, b) => a.seq - b.seq);

/** When a finished job has been kept as long as it says itself (P26). */
export function expiresAt({ job }: Expiring): number {
  return (job.finishedAt ?? 0) + (keptFor(job, undefined) || 0);
}

/** The job least recently changed comes first (P7). */
export const byTouch = orderBy<Touched>(({ touched }) => touched);
