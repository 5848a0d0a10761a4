import { expect, it } from "vitest";
import { Chance } from "../src/chance.ts";
import { restsOf } from "../src/scenarios/latency.ts";

it("rests for as many different times as there are jobs, evenly over all that may be", () => {
  const rests = restsOf(20, new Chance(1));
  const parts = rests.map((rest) => Math.floor((rest - 100) / 5));
  expect(parts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, part) => part));
  expect(parts).not.toEqual(parts.toSorted((a, b) => a - b));
});

it("meets each moment of a poll every 50 ms as often", () => {
  const phases = restsOf(20, new Chance(7)).map((rest) => Math.floor((rest % 50) / 5));
  const counts = Map.groupBy(phases, (phase) => phase);
  expect([...counts.values()].map(({ length }) => length)).toEqual(Array.from({ length: 10 }, () => 2));
});
