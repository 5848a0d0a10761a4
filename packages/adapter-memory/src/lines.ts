import type { Entry } from "./entry.ts";
import { byInsertion } from "./orders.ts";
import type { Inserted } from "./orders.ts";
import { SortedSet } from "./sorted-set.ts";

/** The unfinished jobs of one ordering key. */
class Line {
  /** Those that may run. Each keeps its turn until it gives it up, whoever comes into the line before it. */
  readonly turns = new Set<Entry>();
  /** Those that wait for a turn, in insertion order. */
  readonly parked = new SortedSet<Inserted, Entry>(byInsertion);
}

/**
 * The ordering keys of a lane: who has a turn, and who waits for one (P18). A parked job is in nobody's way: no poll comes
 * across it, however many there are.
 */
export class Lines {
  readonly #lines = new Map<string, Line>();

  /** The ordering keys of which there are unfinished jobs. */
  keys(): string[] {
    return [...this.#lines.keys()];
  }

  /** True also for a job without an ordering key, which needs no turn. */
  hasTurn(entry: Entry): boolean {
    const { orderingKey } = entry.job;
    return orderingKey === undefined || this.#lines.get(orderingKey)?.turns.has(entry) === true;
  }

  /** Puts a job without a turn into its line. */
  park(entry: Entry): void {
    this.#lineOf(entry)?.parked.add(entry);
  }

  unpark(entry: Entry): void {
    this.#lineOf(entry)?.parked.delete(entry);
    this.#tidy(entry);
  }

  /** Gives a job a turn, which takes it out of the line. */
  giveTurn(entry: Entry): void {
    const line = this.#lineOf(entry);
    line?.parked.delete(entry);
    line?.turns.add(entry);
  }

  giveUpTurn(entry: Entry): void {
    this.#lineOf(entry)?.turns.delete(entry);
    this.#tidy(entry);
  }

  /** Who is to have a turn next, if one is free where so many may have one at once. */
  next(key: string, keyConcurrency: number): Entry | undefined {
    const line = this.#lines.get(key);
    return line && line.turns.size < keyConcurrency ? line.parked.first() : undefined;
  }

  #lineOf({ job: { orderingKey } }: Entry): Line | undefined {
    if (orderingKey === undefined) return undefined;
    let line = this.#lines.get(orderingKey);
    if (line === undefined) this.#lines.set(orderingKey, (line = new Line()));
    return line;
  }

  #tidy({ job: { orderingKey = "" } }: Entry): void {
    const line = this.#lines.get(orderingKey);
    if (line?.turns.size === 0 && line.parked.size === 0) this.#lines.delete(orderingKey);
  }
}
