/** How long finished jobs are kept: milliseconds, or `false` to remove them in the step that finishes them (P26). */
export interface Keep {
  readonly completed?: number | false;
  readonly failed?: number | false;
  readonly cancelled?: number | false;
  /** At most this many finished jobs per lane. */
  readonly count?: number;
}

/** Settings of a lane, which hold in all processes (P19). In `configure` what is absent stays, and `null` resets. */
export interface LaneSettings {
  /** No poll finds anything; inserts go on. */
  readonly paused?: boolean | null;
  /** How many unfinished jobs the lane takes; an insert beyond it answers `full`. */
  readonly capacity?: number | null;
  /** How many leases may be open at once. */
  readonly concurrency?: number | null;
  /** A token bucket of `burst` (by default `limit`) starts, refilled evenly to `limit` per `periodMs`. */
  readonly rate?: { readonly limit: number; readonly periodMs: number; readonly burst?: number } | null;
  /** `fifo`: later inserts without an ordering key run one at a time in insertion order (P18). */
  readonly order?: "priority" | "fifo" | null;
  readonly keep?: Keep | null;
  /** `all` also logs every insertion and transition; `failures` (default) failed attempts only (P22). */
  readonly history?: "failures" | "all" | null;
}

/** A lane as it is now. Lanes come into being when first used or configured, and stay. */
export interface LaneStatus {
  readonly lane: string;
  /** What has been set; what was never set, or reset, is absent. */
  readonly settings: LaneSettings;
  /** Jobs by state, with `delayed` for waiting jobs not yet due; states without a job are absent. */
  readonly counts: { readonly [state: string]: number };
  /** The states whose count stopped at 10 000, so that there are at least that many. */
  readonly atLeast: readonly string[];
  /** The `runAt` of the waiting job that has been due longest, or null. */
  readonly oldestDueAt: number | null;
}

/** Up to where `lanes` counts exactly. */
export const COUNT_BOUND = 10_000;
