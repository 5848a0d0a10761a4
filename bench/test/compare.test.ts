import { expect, it } from "vitest";
import { compareResults, verdictOn } from "../src/compare/compare.ts";
import { comparisonText } from "../src/compare/comparison-text.ts";
import type { Statistic } from "../src/measurement.ts";
import { summarise } from "../src/statistics.ts";
import { measured, resultOf } from "./measured.ts";

it.each([
  { low: 1.1, high: 1.3, unit: "jobs/s", verdict: "better" },
  { low: 1.1, high: 1.3, unit: "ms", verdict: "worse" },
  { low: 0.7, high: 0.9, unit: "ms", verdict: "better" },
  { low: 0.9, high: 1.2, unit: "jobs/s", verdict: "unclear" },
  { low: 1.1, high: 1.3, unit: "count", verdict: "changed" },
  { low: undefined, high: undefined, unit: "jobs/s", verdict: "unknown" },
] as const)("a ratio of $low to $high in $unit is $verdict", ({ low, high, unit, verdict }) => {
  expect(verdictOn({ value: 1, ...(low && high && { low, high }) }, unit)).toBe(verdict);
});

it("tells a change from noise", () => {
  const before = resultOf([
    measured({ values: [100, 101, 102] }),
    measured({ metric: "drain", values: [80, 100, 125] }),
  ]);
  const after = resultOf([
    measured({ values: [150, 151, 152] }),
    measured({ metric: "drain", values: [85, 105, 120] }),
  ]);
  expect(compareResults(before, after).rows.map(({ metric, verdict }) => [metric, verdict])).toEqual([
    ["add", "better"],
    ["drain", "unclear"],
  ]);
});

it("sees no change where the floor changed as much", () => {
  const run = (factor: number) => {
    const floor = measured({ subject: "floor", values: [200, 201, 202].map((value) => value * factor) });
    const ours = measured({ floor: "floor", values: [100, 101, 102].map((value) => value * factor) });
    return resultOf([floor, ours]);
  };
  const [floor, ours] = compareResults(run(1), run(0.5)).rows;
  expect(floor).toMatchObject({ verdict: "worse" });
  expect(ours).toMatchObject({ verdict: "unclear", ratio: { value: 0.5 }, besideFloor: { value: 1 } });
});

it("compares nothing that was invalid or is missing in either run, and says how much that is", () => {
  const before = resultOf([measured(), measured({ metric: "bulk", invalid: ["1 ran twice"] })]);
  const after = resultOf([measured(), measured({ metric: "bulk" }), measured({ metric: "new" })]);
  const { rows, unmatched } = compareResults(before, after);
  expect(rows.map(({ metric }) => metric)).toEqual(["add"]);
  expect(unmatched).toBe(3);
});

it("tells a change from zero, which is no ratio, where the runs do not overlap", () => {
  const dead = (values: readonly number[]) => resultOf([measured({ metric: "dead rows", unit: "rows/job", values })]);
  const verdictOf = (before: readonly number[], after: readonly number[]) =>
    compareResults(dead(before), dead(after)).rows.map(({ ratio, verdict }) => [ratio, verdict]);
  expect(verdictOf([0, 0, 0], [3, 3, 3])).toEqual([[undefined, "worse"]]);
  expect(verdictOf([2, 1, 2], [0, 0, 0])).toEqual([[undefined, "better"]]);
  expect(verdictOf([0, 0, 1], [0, 0, 0])).toEqual([[undefined, "unclear"]]);
  expect(verdictOf([0, 0], [3, 3])).toEqual([[undefined, "unknown"]]);
});

it("makes nothing of a small change between values that happen to be equal", () => {
  const run = (value: number) => resultOf([measured({ values: [value, value, value] })]);
  expect(compareResults(run(100), run(100.1)).rows[0]?.verdict).toBe("unclear");
  expect(compareResults(run(100), run(102)).rows[0]?.verdict).toBe("better");
});

it("does not compare what survives more with what survives less", () => {
  const { rows, unmatched } = compareResults(resultOf([measured()]), resultOf([measured({ durability: "crash" })]));
  expect([rows, unmatched]).toEqual([[], 2]);
});

it("names what differs between the runs besides the code", () => {
  const before = resultOf([measured()]);
  const after = resultOf([measured()], { machine: { ...before.machine, node: "v25.0.0" } });
  const comparison = compareResults(before, after);
  expect(comparison.differences).toEqual(['machine node: "v24.0.0" → "v25.0.0"']);
  expect(comparisonText(comparison)).toContain("machine node");
});

it("names what only one of the runs has", () => {
  const [without, given] = [
    resultOf([measured()]),
    resultOf([measured()], { plan: { ...resultOf([]).plan, seconds: 1 } }),
  ];
  expect(compareResults(without, given).differences).toEqual(["plan seconds: not there → 1"]);
  expect(compareResults(given, without).differences).toEqual(["plan seconds: 1 → not there"]);
  const redis = { redis: { whose: "yours", appendonly: "yes" } } as const;
  const served = resultOf([measured()], { machine: { ...without.machine, servers: redis } });
  expect(compareResults(without, served).differences).toEqual(["machine servers redis: not there → there"]);
});

it("says that two runs have nothing in common", () => {
  const [before, after] = [resultOf([measured()]), resultOf([measured({ metric: "bulk" })])];
  expect(comparisonText(compareResults(before, after))).toContain("Nothing that was measured is in both of them.");
});

it("compares the outermost percentiles that a scenario has enough samples for", () => {
  const all = [measured({ scenario: "latency", unit: "ms", samples: [summarise([1, 2, 3])], values: [2] })];
  const of = (statistics?: readonly Statistic[]) => {
    const result = resultOf(all, { scenarios: [{ name: "latency", about: "", ...(statistics && { statistics }) }] });
    return compareResults(result, result).rows.map(({ statistic }) => statistic);
  };
  expect(of()).toEqual(["p50", "p99"]);
  expect(of(["p50", "p95", "max"])).toEqual(["p50", "p95"]);
});
