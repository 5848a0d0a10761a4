import type { Statements } from "./statements.ts";

/** How many numbers are taken from the counter at least: enough that small transactions seldom write it. */
const AHEAD = 64;

/**
 * Gives numbers of the store's counter, of which it takes some ahead: to write the counter is one page of the five that
 * the log gets for a job that is claimed and finished by itself. They have to rise over all processes (P13), so those
 * taken ahead are given up as soon as another connection has committed anything: it may have given higher ones.
 */
export class Ticks {
  readonly #least: number;
  #next = 1;
  #last = 0;
  #version: number | undefined;

  /** Takes at least so many from the counter at a time. */
  constructor(least = AHEAD) {
    this.#least = least;
  }

  /** The first of `count` numbers in a row, to be called inside a write transaction. */
  take(sql: Statements, count: number): number {
    const version = sql.dataVersion.get();
    if (version !== this.#version || this.#last - this.#next + 1 < count) {
      const taken = Math.max(count, this.#least);
      this.#last = sql.raiseCounter.get(taken) ?? 0;
      this.#next = this.#last - taken + 1;
      this.#version = version;
    }
    const first = this.#next;
    this.#next += count;
    return first;
  }

  /** Forgets those taken ahead: the transaction that took them was undone, and they will be given again. */
  clear(): void {
    this.#version = undefined;
  }
}
