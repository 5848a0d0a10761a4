import type { Moments } from "../processes/messages.ts";
import type { Readings } from "../scenario.ts";
import { InvalidRun, Tally } from "../tally.ts";

/** When each job was due, began and was finished. */
export class StopWatch {
  readonly jobs: number;
  readonly dueAt: Float64Array;
  readonly #begunAt: Float64Array;
  readonly #finishedAt: Float64Array;
  readonly #tally = new Tally();
  #begun = 0;
  #finished = 0;

  constructor(jobs: number) {
    this.jobs = jobs;
    [this.dueAt, this.#begunAt, this.#finishedAt] = [1, 2, 3].map(() => new Float64Array(jobs)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
  }

  note(begun: Moments, finished: Moments): void {
    for (const [index, n] of begun.jobs.entries()) {
      this.#tally.add(n);
      this.#begunAt[n] = begun.at[index] ?? Number.NaN;
    }
    for (const [index, n] of finished.jobs.entries()) this.#finishedAt[n] = finished.at[index] ?? Number.NaN;
    this.#begun += begun.jobs.length;
    this.#finished += finished.jobs.length;
  }

  /** How many have begun so far. */
  get begun(): number {
    return this.#begun;
  }

  /**
   * How long each job took to begin and to be finished, without the first share of them.
   * @throws InvalidRun if a job was lost or ran twice.
   */
  readings(warmUp: number): Readings {
    this.#tally.check(this.jobs);
    const first = Math.floor(this.jobs * warmUp);
    const since = (moments: Float64Array): number[] =>
      Array.from({ length: this.jobs - first }, (_, i) => (moments[first + i] ?? 0) - (this.dueAt[first + i] ?? 0));
    // Not every queue tells; one that does tells it of all.
    if (this.#finished > 0 && this.#finished < this.jobs)
      throw new InvalidRun("it did not tell of all jobs that they are done");
    return {
      "to start": since(this.#begunAt),
      "to completion": this.#finished > 0 ? since(this.#finishedAt) : undefined,
    };
  }
}
