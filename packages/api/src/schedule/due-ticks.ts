import type { Definition } from "./definition.ts";
import { tickerOf } from "./when.ts";

/** The ticks to make up for with `missed: "all"` at most; older ones are left out. */
export const MOST_MISSED = 1000;

/** With `missed: "skip"` a tick that is later than this, in milliseconds, has been missed. */
export const LATE = 60_000;

/** Which ticks are to have their job, oldest first, and the tick to wait for then; null when there is none any more. */
export interface DueTicks {
  readonly ticks: readonly number[];
  readonly next: number | null;
}

/** Decides about the ticks from `first`, which is due, until now. Pure: no clock, no store. */
export function dueTicks({ when, missed }: Pick<Definition, "when" | "missed">, first: number, now: number): DueTicks {
  const tickAfter = tickerOf(when);
  const second = tickAfter(first);
  const isOnly = second === null || second > now;
  const newest = isOnly ? [first] : newestTicks(tickAfter, first, now, missed === "all" ? MOST_MISSED : 1);
  const ticks = missed === "skip" ? newest.filter((tick) => now - tick <= LATE) : newest;
  return { ticks, next: isOnly ? second : tickAfter(now) };
}

/**
 * The newest ticks from `first` until now, at most so many of them, oldest first. It looks back step by step, since years
 * of ticks may have been missed.
 */
function newestTicks(tickAfter: (after: number) => number | null, first: number, now: number, most: number): number[] {
  for (let back = most * Math.max(1, (tickAfter(first) ?? now) - first); ; back *= 2) {
    const from = Math.max(first, now - back);
    const ticks = ticksWithin(tickAfter, from, now);
    if (ticks.length >= most || from === first) return ticks.slice(-most);
  }
}

function ticksWithin(tickAfter: (after: number) => number | null, from: number, until: number): number[] {
  const ticks: number[] = [];
  for (let tick = tickAfter(from - 1); tick !== null && tick <= until; tick = tickAfter(tick)) ticks.push(tick);
  return ticks;
}
