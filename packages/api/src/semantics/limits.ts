import type { LaneSettings } from "../contract/lane.ts";
import { type Bucket, nextStartAt, startsLeft } from "./rate.ts";

/** What tells how many jobs of a lane may begin. */
export interface LaneUse {
  readonly settings: LaneSettings;
  /** How many leases are open, those that have ended and are not settled yet among them. */
  readonly leases: number;
  /** What is left of the lane's rate. */
  readonly bucket?: Bucket | undefined;
}

/** How many jobs a poll may take from a lane now: none of a paused one, else as its concurrency and rate allow (P19). */
export function roomIn({ settings, leases, bucket }: LaneUse, now: number): number {
  const { paused, concurrency, rate } = settings;
  if (paused === true) return 0;
  const starts = rate ? startsLeft(bucket, rate, now) : Infinity;
  return Math.max(0, Math.min(starts, (concurrency ?? Infinity) - leases));
}

/**
 * From when on a poll may take a job from a lane, `now` at the earliest; undefined while only a change of the lane or of a
 * lease can tell, of which hints speak (P10).
 */
export function opensAt({ settings, leases, bucket }: LaneUse, now: number): number | undefined {
  const { paused, concurrency, rate } = settings;
  if (paused === true || leases >= (concurrency ?? Infinity)) return undefined;
  return rate ? nextStartAt(bucket, rate, now) : now;
}

/** A lane's settings after `configure`: what is absent stays, and `null` resets. */
export function mergeSettings(before: LaneSettings, settings: LaneSettings): LaneSettings {
  const merged = Object.entries({ ...before, ...settings });
  return Object.fromEntries(merged.filter(([, value]) => value !== null && value !== undefined));
}
