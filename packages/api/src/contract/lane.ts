import type { KeepFor } from "./job.ts";

/** How long finished jobs of a lane are kept (P26). */
export interface Keep extends KeepFor {
  /** At most this many finished jobs, the newest ones; retention removes the others, whatever their age. */
  readonly count?: number;
}

/** A token bucket of `burst` starts (by default `limit`), refilled evenly to `limit` per `periodMs`; it begins full. */
export interface Rate {
  readonly limit: number;
  readonly periodMs: number;
  readonly burst?: number;
}

/** Settings of a lane, which hold in all processes (P19). In `configure` what is absent stays, and `null` resets. */
export interface LaneSettings {
  /** No poll finds anything; inserts go on. */
  readonly paused?: boolean | null;
  /** How many unfinished jobs the lane takes; an insert beyond it answers `full`. Spawned and retried jobs come in all the same. */
  readonly capacity?: number | null;
  /** How many leases may be open at once, those that have ended and are not settled yet among them. */
  readonly concurrency?: number | null;
  /** How many jobs polls may take. */
  readonly rate?: Rate | null;
  /** `fifo`: later inserts without an ordering key get the common key `$fifo`, and so run in insertion order (P18). */
  readonly order?: "priority" | "fifo" | null;
  /** How many jobs of one ordering key may be under way at once, 1 when absent (P18). */
  readonly keyConcurrency?: number | null;
  readonly keep?: Keep | null;
  /** `all` also logs every insertion and transition; `failures` (default) failed attempts only (P22). */
  readonly history?: "failures" | "all" | null;
}

/** A lane as it is now. Lanes come into being when first used or configured, and stay. */
export interface LaneStatus {
  readonly lane: string;
  /** What has been set; what was never set, or reset, is absent. */
  readonly settings: LaneSettings;
  /**
   * Jobs by state, with `delayed` for waiting jobs not yet due that nobody holds; states without a job are absent. Lists
   * show such a job as `delayed` also while somebody holds it.
   */
  readonly counts: { readonly [state: string]: number };
  /** The states whose count stopped at 10 000, so that there are at least that many. */
  readonly atLeast: readonly string[];
  /** The `runAt` of the waiting job that has been due longest without anybody holding it, or null. */
  readonly oldestDueAt: number | null;
}

/** Up to where `lanes` counts exactly. */
export const COUNT_BOUND = 10_000;
