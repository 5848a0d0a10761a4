import type { Job } from "./job.ts";
import type { Predicate } from "./predicate.ts";

/** A lane to poll, and at most how many jobs to take from it at this place of the list. */
export type LaneShare = string | { readonly lane: string; readonly limit: number };

/** Chooses, orders, advances and leases jobs in one step per lane. */
export interface PollRequest {
  /**
   * The lanes to take from, in this order, until `limit` is reached; one may come twice (first its share, then what is
   * left). Absent: every lane, beginning at another one each time so that none starves.
   */
  readonly lanes?: readonly LaneShare[];
  /** Type patterns: `*` is one dot-separated segment, `**` any number, all else is literal and case-sensitive. */
  readonly types?: readonly string[];
  /** Only these jobs. Their lanes follow from the ids, so `lanes` is absent. */
  readonly ids?: readonly string[];
  readonly where?: Predicate;
  /** Where a filtered poll that looked at its bounded number of candidates goes on. Opaque; anything else is `INVALID`. */
  readonly after?: string;
  /** The state to take from; `waiting` when absent. Never a terminal state. */
  readonly from?: string;
  /** The state to move to; `active` when absent, which needs a lease. */
  readonly to?: string;
  /** Custom states only: `touched` takes the job least recently changed (P7). */
  readonly order?: "priority" | "touched";
  /** 0 … 10 000. Never more than this many jobs are returned (P6). */
  readonly limit: number;
  /** Lease what is taken. Adds one to `attempt`. */
  readonly lease?: { readonly ms: number; readonly holder: string };
  /** Take over up to this many jobs of these lanes whose lease has ended, paused or not (P15). Needs `lease`. */
  readonly expired?: number;
  /** Epoch milliseconds, for tests. Without it the store's own clock decides. */
  readonly now?: number;
}

/** What a poll found. */
export interface PollResult {
  /** As they are after the poll, lane by lane, in each lane in order (P7). */
  readonly jobs: readonly Job[];
  /** Jobs taken over after their lease ended: a new token and lease, state, `attempt` and `lease.from` as they were (P15). */
  readonly expired: readonly Job[];
  /**
   * Never later than the time at which a poll of these lanes could find something (P10): not later than now when more
   * may be due, else the first `runAt` ahead, the first end of a lease (also one that has passed), or the time at which a
   * lane's rate allows the next start; null when there is none. Jobs that wait for a lane's `concurrency`, for the job
   * ahead of them under their ordering key, or for a dependency do not count: a hint tells when they can go on.
   */
  readonly nextDueAt: number | null;
  /** The store's time of this poll, from which to count until `nextDueAt`: the caller's clock may be another one. */
  readonly now: number;
  /** Present when a filter stopped at its bound of candidates before `limit` was reached. */
  readonly after?: string;
}

/** How many candidates a filtered poll or list looks at in one call. */
export const CANDIDATE_BOUND = 1000;
