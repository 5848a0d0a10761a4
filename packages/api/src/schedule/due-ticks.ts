import type { Definition } from "./definition.ts";
import { SHORTEST_INTERVAL, tickerOf } from "./when.ts";

/** The ticks to make up for with `missed: "all"` at most; older ones are left out. */
export const MOST_MISSED = 1000;

/** With `missed: "skip"` a tick that is later than this, in milliseconds, has been missed. */
export const LATE = 60_000;

/** Which ticks are to have their job, oldest first, and the tick to wait for then; null when there is none any more. */
export interface DueTicks {
  readonly ticks: readonly number[];
  readonly next: number | null;
}

/** Tells the first tick after a time, if there is one. */
type TickAfter = (after: number) => number | null;

/** Decides about the ticks from `first`, which is due, until now. Pure: no clock, no store. */
export function dueTicks({ when, missed }: Pick<Definition, "when" | "missed">, first: number, now: number): DueTicks {
  const tickAfter = tickerOf(when);
  const last = lastTick(tickAfter, first, now);
  const newest = missed === "all" ? newestTicks(tickAfter, first, last) : [last];
  return {
    ticks: missed === "skip" ? newest.filter((tick) => now - tick <= LATE) : newest,
    next: tickAfter(last),
  };
}

/** The newest tick until now, by halving the time in which it is: years of ticks may have been missed. */
function lastTick(tickAfter: TickAfter, first: number, now: number): number {
  let last = first;
  for (let none = now + 1; last + 1 < none;) {
    // Mostly it is the first one.
    const middle = last === first && none === now + 1 ? last + 1 : Math.floor((last + none) / 2);
    const tick = tickAfter(middle - 1);
    if (tick === null || tick > now) none = middle;
    else last = tick;
  }
  return last;
}

/** The ticks from `first` to `last`, oldest first; the newest of them, where there are very many. */
function newestTicks(tickAfter: TickAfter, first: number, last: number): readonly number[] {
  let ticks = [last];
  let from = last;
  // In ever longer steps back, so that none is looked for that is not wanted, or few.
  for (let back = MOST_MISSED * SHORTEST_INTERVAL; from > first && ticks.length < MOST_MISSED; back *= 2) {
    const start = Math.max(first, last - back);
    ticks = [...ticksWithin(tickAfter, start, from - 1), ...ticks];
    from = start;
  }
  return ticks.slice(-MOST_MISSED);
}

function ticksWithin(tickAfter: TickAfter, from: number, to: number): number[] {
  const ticks: number[] = [];
  for (let tick = tickAfter(from - 1); tick !== null && tick <= to; tick = tickAfter(tick)) ticks.push(tick);
  return ticks;
}
