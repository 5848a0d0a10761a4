import { FIFO_KEY, type LaneSettings, type NewJob } from "@anyqueue/api";
import { PLACE } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

/** The key under which a new job stands in line, if any (P18). */
export function lineOf(job: NewJob, { order }: LaneSettings): string | undefined {
  return job.orderingKey ?? (order === "fifo" ? FIFO_KEY : undefined);
}

/** Whether a keyed job with this place has a turn. It keeps it until it ends, is removed or requeued. */
export function hasTurn(place: number): boolean {
  return place === PLACE.ready || place === PLACE.scheduled || place === PLACE.leased;
}

/** Whether a keyed job that comes into its line has to wait there, because all turns are taken or others wait already. */
export function hasToWait(tx: Transaction, lane: string, key: string): boolean {
  const turns = turnsOf(tx.settingsOf(lane));
  return (tx.sql.countLine.get(lane, key, turns) ?? 0) >= turns;
}

/** Lines in which somebody gave up a turn. */
export class Lines {
  readonly #byLane = new Map<string, Set<string>>();

  /** Notes that the first in line may have a turn. */
  moveUp(lane: string, key: string): void {
    const keys = this.#byLane.get(lane);
    if (keys === undefined) this.#byLane.set(lane, new Set([key]));
    else keys.add(key);
  }

  /** Gives the free turns to those who are first in line, in insertion order. */
  giveTurns(tx: Transaction, now: number): void {
    for (const [lane, keys] of this.#byLane) {
      const turns = turnsOf(tx.settingsOf(lane));
      for (const key of keys) {
        const free = turns - (tx.sql.countTurns.get(lane, key, turns) ?? 0);
        if (free > 0 && tx.sql.giveTurns.run(now, lane, key, free).changes > 0) tx.hints.lane(lane);
      }
    }
    this.#byLane.clear();
  }
}

/** Notes every line of a lane, in which more turns may be given than before. */
export function moveAllUp(tx: Transaction, lane: string): void {
  const next = (after: string) => tx.sql.nextKey.get(lane, after);
  for (let key = next(""); key !== undefined; key = next(key)) tx.lines.moveUp(lane, key);
}

function turnsOf({ keyConcurrency }: LaneSettings): number {
  return keyConcurrency ?? 1;
}
