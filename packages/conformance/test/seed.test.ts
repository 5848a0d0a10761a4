import { describe, expect, it } from "vitest";
import { checkSeed } from "../src/seed.ts";

describe("a seed", () => {
  it.each([0, 7, 4_294_967_295])("may be %d", (seed) => {
    expect(checkSeed("seed", seed)).toBe(seed);
  });

  it.each([-1, 1.5, Number.NaN, 4_294_967_296, "7"])("is refused where it is %j, with what it may be", (seed) => {
    expect(() => checkSeed("seed", seed)).toThrow(/^seed must be a whole number from 0 to 4294967295, not /);
  });
});
