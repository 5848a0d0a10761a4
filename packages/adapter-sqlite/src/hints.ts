import type { Hint } from "@anyqueue/api";

/** Gathers what a transaction may have woken, each lane and job once, to be told after the commit (P24). */
export class Hints {
  readonly #lanes = new Set<string>();
  readonly #jobs = new Set<string>();

  lane(lane: string): void {
    this.#lanes.add(lane);
  }

  job(id: string): void {
    this.#jobs.add(id);
  }

  /** Forgets all but these, when what came after them was undone. */
  reset(hints: Iterable<Hint>): void {
    this.#lanes.clear();
    this.#jobs.clear();
    for (const hint of hints) {
      if ("lane" in hint) this.lane(hint.lane);
      else if ("job" in hint) this.job(hint.job);
    }
  }

  *[Symbol.iterator](): IterableIterator<Hint> {
    for (const job of this.#jobs) yield { job };
    for (const lane of this.#lanes) yield { lane };
  }
}
