/** The time of a run, for its open-ended cases: each has an equal share of what is left, so what one leaves, others get. */
export class Budget {
  #leftMs: number;
  #cases: number;

  constructor(totalMs: number, cases: number) {
    this.#leftMs = totalMs;
    this.#cases = cases;
  }

  /** Runs one of the cases with its share, in milliseconds. */
  async spend<T>(run: (budgetMs: number) => Promise<T>): Promise<T> {
    const begin = performance.now();
    const share = this.#leftMs / Math.max(1, this.#cases);
    this.#cases -= 1;
    try {
      return await run(Math.round(share));
    } finally {
      // A case may end a little late, or look for a smaller example of what it found; that is not the others' loss.
      this.#leftMs -= Math.min(share, performance.now() - begin);
    }
  }
}
