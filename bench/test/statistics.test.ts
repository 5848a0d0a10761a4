import { expect, it } from "vitest";
import { normalQuantile } from "../src/compare/normal.ts";
import { ratioOfMedians } from "../src/compare/ratio.ts";
import { addUp, bucketOf, bucketsOf, middleOf } from "../src/histogram.ts";
import { median, spread, summarise } from "../src/statistics.ts";

it.each([
  { values: [3, 1, 2], is: 2 },
  { values: [4, 1, 3, 2], is: 2.5 },
  { values: [7], is: 7 },
])("the median of $values is $is", ({ values, is }) => {
  expect(median(values)).toBe(is);
});

it("the spread is how far the farthest value lies from the median, as a share of it", () => {
  expect(spread([90, 100, 130])).toBeCloseTo(0.3);
  expect(spread([5])).toBe(0);
});

it("a summary of samples has their count, mean, deviation and quantiles", () => {
  const values = Array.from({ length: 100 }, (_, n) => n + 1);
  expect(summarise(values)).toMatchObject({ count: 100, mean: 50.5, p50: 50.5, p95: 95, p99: 99, max: 100 });
  expect(summarise(values).deviation).toBeCloseTo(29.011, 3);
  expect(summarise([4]).deviation).toBe(0);
});

it("of twenty samples the second largest is p95, and the largest is p99", () => {
  const values = Array.from({ length: 20 }, (_, n) => n + 1);
  expect(summarise(values)).toMatchObject({ p50: median(values), p95: 19, p99: 20 });
});

it.each([0.0003, 0.24, 1, 17.5, 60_000])("a bucket keeps %d within one per cent", (value) => {
  expect(Math.abs(middleOf(bucketOf(value)) / value - 1)).toBeLessThanOrEqual(0.0100001);
});

it("histograms add up to that of all their values", () => {
  const [one, other] = [
    [0.1, 0.5, 0.5],
    [0.5, 12],
  ] as const;
  expect(addUp([bucketsOf(one), bucketsOf(other)])).toEqual(bucketsOf([...one, ...other]));
});

it.each([
  { probability: 0.5, is: 0 },
  { probability: 0.975, is: 1.959964 },
  { probability: 0.875, is: 1.150349 },
  { probability: 0.01, is: -2.326348 },
])("a normal variable lies below $is with probability $probability", ({ probability, is }) => {
  expect(normalQuantile(probability)).toBeCloseTo(is, 5);
});

it("the interval of a ratio of medians is that of Bonett and Price", () => {
  // By hand, of three values: c = 1, z = 1.150349, the variance of each log median (ln(max ÷ min) ÷ 2z)².
  const variance = (low: number, high: number): number => (Math.log(high / low) / (2 * 1.150349)) ** 2;
  const margin = 1.959964 * Math.sqrt(variance(90, 110) + variance(45, 60));
  const { value, low, high } = ratioOfMedians([[100, 90, 110]], [[60, 50, 45]]);
  expect(value).toBe(2);
  expect(low).toBeCloseTo(2 * Math.exp(-margin), 4);
  expect(high).toBeCloseTo(2 * Math.exp(margin), 4);
});

it("a ratio of fewer than three values has no interval", () => {
  expect(ratioOfMedians([[10]], [[5, 6, 7]])).toEqual({ value: 10 / 6 });
  expect(ratioOfMedians([[5, 6, 7]], [[10, 10]])).toEqual({ value: 6 / 10 });
});

it("an interval that contains a true ratio of 1 does so in about 95 of 100 pairs of runs", () => {
  let seed = 12_345;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const run = (): number[] => Array.from({ length: 9 }, () => 100 * Math.exp(random() + random() + random() - 1.5));
  let hits = 0;
  for (let n = 0; n < 1000; n++) {
    const { low = 0, high = 0 } = ratioOfMedians([run()], [run()]);
    if (low <= 1 && high >= 1) hits++;
  }
  expect(hits).toBeGreaterThan(920);
});
