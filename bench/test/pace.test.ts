import { expect, it } from "vitest";
import { Pace, warmUpOf } from "../src/scenarios/pace.ts";
import { InvalidRun } from "../src/tally.ts";

it("counts from the start of the last job of the warm-up to that of the last job", () => {
  const pace = new Pace(4, 2);
  for (const at of [0, 1000, 1500, 2000, 2500, 3000, 9000]) pace.began(() => at);
  expect(pace.rate()).toBe(2);
});

it("is exact for a queue that claims a thousand at once", () => {
  const pace = new Pace(5000);
  // A thousand begin at the same moment, every 100 ms.
  for (let n = 0; n < pace.total; n++) pace.began(() => Math.floor(n / 1000) * 100);
  expect(pace.rate()).toBe(10_000);
});

it("is no rate while jobs are missing", () => {
  const pace = new Pace(2, 1);
  pace.began();
  expect(() => pace.rate()).toThrow(new InvalidRun("no more than 1 of 3 jobs ran"));
});

it.each([
  { jobs: 50, is: 50 },
  { jobs: 3000, is: 1000 },
  { jobs: 10_001, is: 2000 },
  { jobs: 50_000, is: 5000 },
])("$is jobs go before $jobs", ({ jobs, is }) => {
  expect(warmUpOf(jobs)).toBe(is);
});
