/** A run that lost a job or ran one twice: no measurement. */
export class InvalidRun extends Error {}

/** Counts how often each job ran, by its number. */
export class Tally {
  #counts = new Uint8Array(1024);

  add(n: number): void {
    if (n >= this.#counts.length) {
      const larger = new Uint8Array(Math.max(n + 1, this.#counts.length * 2));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#counts[n] = Math.min(255, (this.#counts[n] ?? 0) + 1);
  }

  /** The counts as they travel between processes. */
  get counts(): Uint8Array {
    return this.#counts;
  }

  /** Adds what another process counted. */
  merge(counts: Uint8Array): void {
    for (const [n, count] of counts.entries()) for (let each = 0; each < count; each++) this.add(n);
  }

  /** @throws InvalidRun if a job ran twice; for a run that ends before all jobs have. */
  checkOnce(): void {
    const again = this.#counts.reduce((sum, times) => sum + Math.max(times - 1, 0), 0);
    if (again > 0) throw new InvalidRun(`${again} jobs ran twice`);
  }

  /** @throws InvalidRun unless exactly the jobs `from` … `to` − 1 ran, once each. */
  check(to: number, from = 0): void {
    const expected = this.#counts.subarray(from, to);
    const lost = to - from - expected.reduce((sum, times) => sum + Math.min(times, 1), 0);
    const again = this.#counts.reduce((sum, times) => sum + Math.max(times - 1, 0), 0);
    const strange = sumOf(this.#counts.subarray(0, from)) + sumOf(this.#counts.subarray(to));
    if (lost + again + strange > 0) {
      throw new InvalidRun(`of ${to - from} jobs ${lost} were lost, ${again} ran twice, ${strange} were never added`);
    }
  }
}

function sumOf(counts: Uint8Array): number {
  return counts.reduce((sum, times) => sum + times, 0);
}
