import { nextStartAt, startsLeft, withStarts } from "@anyqueue/api";
import type { Lane } from "./lane.ts";

/** How many jobs a poll may take from a lane now (P19). */
export function roomIn({ settings, leases, bucket }: Lane, now: number): number {
  const { paused, concurrency, rate } = settings;
  if (paused === true) return 0;
  const slots = typeof concurrency === "number" ? Math.max(0, concurrency - leases.size) : Infinity;
  return rate ? Math.min(slots, startsLeft(bucket, rate, now)) : slots;
}

/** When a poll may take a job from a lane again, `now` at the earliest; undefined while only a change can tell. */
export function opensAt({ settings, leases, bucket }: Lane, now: number): number | undefined {
  const { paused, concurrency, rate } = settings;
  if (paused === true || (typeof concurrency === "number" && leases.size >= concurrency)) return undefined;
  return rate ? nextStartAt(bucket, rate, now) : now;
}

/** Counts a job that a poll took. */
export function countStart(lane: Lane, now: number): void {
  const { rate } = lane.settings;
  if (rate) lane.bucket = withStarts(lane.bucket, rate, now, 1);
}
