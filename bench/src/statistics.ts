import { bucketsOf } from "./histogram.ts";
import type { Samples } from "./measurement.ts";

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** How far the values lie from their median at most, as a share of it. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  if (middle === 0) return 0;
  return Math.max(0, ...values.map((value) => Math.abs(value - middle) / Math.abs(middle)));
}

/** How many per second, for something that took this many milliseconds. */
export function perSecond(count: number, ms: number): number {
  return (count / ms) * 1000;
}

/** What is kept of the times of single events. */
export function summarise(values: readonly number[]): Samples {
  const sorted = values.toSorted((a, b) => a - b);
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    count: sorted.length,
    mean,
    deviation: sorted.length < 2 ? 0 : Math.sqrt(squares / (sorted.length - 1)),
    p50: median(sorted),
    p95: nearestRank(sorted, 0.95),
    p99: nearestRank(sorted, 0.99),
    max: sorted.at(-1) ?? Number.NaN,
    buckets: bucketsOf(sorted),
  };
}

/** The smallest value which at least this share of the values does not exceed; of few values, the largest. */
function nearestRank(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}
