import type { Rate } from "../contract/lane.ts";

/** A token that is this near to being whole is whole: many small refills do not add up exactly. */
const ROUNDING = 1e-6;

/** What is left of a lane's rate, and when it was counted. */
export interface Bucket {
  /** Not always whole. */
  readonly tokens: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** How many jobs may be started now. Without a bucket nothing was started yet, so that it is full (P19). */
export function startsLeft(bucket: Bucket | undefined, rate: Rate, now: number): number {
  return Math.floor(levelOf(bucket, rate, now) + ROUNDING);
}

/** The bucket after so many starts. */
export function withStarts(bucket: Bucket | undefined, rate: Rate, now: number, starts: number): Bucket {
  return { tokens: levelOf(bucket, rate, now) - starts, at: timeOf(bucket, rate, now) };
}

/** The first time at which a job may be started; `now` when one may be already. */
export function nextStartAt(bucket: Bucket | undefined, rate: Rate, now: number): number {
  const missing = 1 - levelOf(bucket, rate, now);
  if (missing <= ROUNDING) return now;
  return timeOf(bucket, rate, now) + Math.ceil(((missing - ROUNDING) * rate.periodMs) / rate.limit);
}

/** From when on it fills up: now, or when it was counted if that was by a clock a little ahead. */
function timeOf(bucket: Bucket | undefined, rate: Rate, now: number): number {
  return bucket === undefined || wasWrong(bucket, rate, now) ? now : Math.max(now, bucket.at);
}

function wasWrong({ at }: Bucket, { limit, periodMs, burst = limit }: Rate, now: number): boolean {
  return at - now > (burst * periodMs) / limit;
}

/**
 * Filled up evenly since it was counted, up to its brim. A clock that went back adds nothing; one that was ahead by more than
 * it takes to fill the bucket was wrong then, and the lane must not wait for it.
 */
function levelOf(bucket: Bucket | undefined, rate: Rate, now: number): number {
  const { limit, periodMs, burst = limit } = rate;
  if (bucket === undefined || wasWrong(bucket, rate, now)) return burst;
  const added = (Math.max(0, now - bucket.at) * limit) / periodMs;
  return Math.min(burst, bucket.tokens + added);
}
