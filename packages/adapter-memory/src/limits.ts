import { type LaneUse, withStarts } from "@anyqueue/api";
import type { Lane } from "./lane.ts";

/** What tells how many jobs of a lane may begin, and when (P19). */
export function useOf({ settings, leases, bucket }: Lane): LaneUse {
  return { settings, leases: leases.size, bucket };
}

/** Counts a job that a poll took. */
export function countStart(lane: Lane, now: number): void {
  const { rate } = lane.settings;
  if (rate) lane.bucket = withStarts(lane.bucket, rate, now, 1);
}
