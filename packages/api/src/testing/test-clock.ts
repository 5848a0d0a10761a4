import { show } from "../check/validator.ts";
import { QueueError } from "../errors.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";

/** A clock that stands still until it is told to go on. */
export class TestClock {
  #now: number;
  readonly #onMove: () => void;

  /** @throws QueueError `INVALID`. */
  constructor(start: Date | number, onMove: () => void) {
    this.#now = timeOf(start, "now");
    this.#onMove = onMove;
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.#now;
  }

  /** Lets time pass; workers of this process look at once what has become due. Answers the new time. */
  advance(by: Duration): number {
    return this.set(this.#now + parseDuration(by, "by"));
  }

  /** Moves on to a time, and answers it. @throws QueueError `INVALID` for one that has passed. */
  set(time: Date | number): number {
    const next = timeOf(time, "time");
    if (next < this.#now) {
      throw new QueueError(
        "INVALID",
        `Cannot set the clock back from ${show(this.#now)} to ${show(next)}: for a store, time only moves on.`,
      );
    }
    this.#now = next;
    this.#onMove();
    return next;
  }
}

function timeOf(time: unknown, name: string): number {
  const ms = time instanceof Date ? time.getTime() : time;
  if (typeof ms === "number" && Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new QueueError("INVALID", `\`${name}\` must be a valid Date or whole epoch milliseconds, not ${show(time)}.`);
}
