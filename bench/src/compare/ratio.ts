import { normalQuantile } from "./normal.ts";
import { median } from "../statistics.ts";

/** How often an interval is to contain the true ratio. */
export const CONFIDENCE = 0.95;

/** Of fewer values on either side nothing is said: two hold the interval far less often than it claims. */
export const LEAST_VALUES = 3;

/** Values that happen to be equal say no more than this about the true ratio. */
const LEAST_MARGIN = Math.log(1.01);

/** A ratio and, where there are enough values on each side, the interval in which it lies with 95 % confidence. */
export interface Ratio {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

/**
 * The product of some medians divided by the product of others: of two, their ratio. The interval is that of Bonett and
 * Price, "Distribution-free confidence intervals for difference and ratio of medians" (Journal of Statistical Computation
 * and Simulation 72, 2002): normal on the logarithmic scale, with a variance that comes from order statistics. Of three
 * values it holds the true ratio somewhat less often than it claims: in 92 to 94 of 100 simulated pairs. Values must be
 * positive.
 */
export function ratioOfMedians(above: readonly (readonly number[])[], below: readonly (readonly number[])[]): Ratio {
  const product = (all: readonly (readonly number[])[]): number => all.reduce((sum, values) => sum * median(values), 1);
  const value = product(above) / product(below);
  const variances = [...above, ...below].map(varianceOfLogMedian);
  const error = Math.sqrt(variances.reduce((sum, each) => sum + each, 0));
  if (!Number.isFinite(error)) return { value };
  const margin = Math.max(LEAST_MARGIN, normalQuantile(1 - (1 - CONFIDENCE) / 2) * error);
  return { value, low: value * Math.exp(-margin), high: value * Math.exp(margin) };
}

/** From the two order statistics between which the median lies with a probability that is known; NaN of too few values. */
function varianceOfLogMedian(values: readonly number[]): number {
  const n = values.length;
  if (n < LEAST_VALUES) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.round((n + 1) / 2 - Math.sqrt(n)));
  const [low = Number.NaN, high = Number.NaN] = [sorted[rank - 1], sorted[n - rank]];
  const z = normalQuantile(1 - binomialBelow(rank, n));
  return (Math.log(high / low) / (2 * z)) ** 2;
}

/** The probability that of `n` fair coins fewer than `rank` show heads. */
function binomialBelow(rank: number, n: number): number {
  let term = 0.5 ** n;
  let sum = 0;
  for (let heads = 0; heads < rank; heads++) {
    sum += term;
    term *= (n - heads) / (heads + 1);
  }
  return sum;
}
