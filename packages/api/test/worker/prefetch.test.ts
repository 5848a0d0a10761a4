import { describe, expect, it } from "vitest";
import { prefetchFor, RunningMean } from "../../src/worker/prefetch.ts";

describe("prefetchFor", () => {
  it.each([
    [10, undefined, 0],
    [10, 1000, 0],
    [10, 50, 10],
    [10, 5, 100],
    [10, 0, 500],
    [1, 0.01, 500],
    [1, 49, 1],
    [1, 51, 0],
  ])("holds for %d handlers of %s ms no more than %d ahead", (concurrency, duration, ahead) => {
    expect(prefetchFor(concurrency, duration)).toBe(ahead);
  });
});

describe("RunningMean", () => {
  it("begins with the first value, and follows what comes", () => {
    const mean = new RunningMean();
    expect(mean.value).toBeUndefined();
    mean.add(100);
    expect(mean.value).toBe(100);
    for (let i = 0; i < 100; i++) mean.add(10);
    expect(mean.value).toBeCloseTo(10, 1);
  });
});
