/** A claimed job waits about this long for a free handler at most, in milliseconds. */
const HORIZON = 50;
const MOST = 500;

/**
 * How many jobs to hold beyond those that run: as many as the handlers finish in a moment. So quick jobs are claimed in
 * large batches, while one that takes long is never held back from an idle worker elsewhere.
 */
export function prefetchFor(concurrency: number, meanDuration: number | undefined): number {
  if (meanDuration === undefined) return 0;
  return Math.min(MOST, Math.floor((concurrency * HORIZON) / Math.max(meanDuration, 0.001)));
}

/** A running mean in which the last ten or so values count most. */
export class RunningMean {
  #mean: number | undefined;

  get value(): number | undefined {
    return this.#mean;
  }

  add(value: number): void {
    this.#mean = this.#mean === undefined ? value : this.#mean + (value - this.#mean) / 10;
  }
}
