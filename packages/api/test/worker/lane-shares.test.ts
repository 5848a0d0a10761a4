import type { LaneShare } from "@anyqueue/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LaneShares } from "../../src/worker/lane-shares.ts";

const weights = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 1, max: 50 }), {
  minKeys: 2,
  noNullPrototype: true,
});

/** The lanes with a share of their own, which come before those for what is left. */
function shares(offers: readonly LaneShare[]): Map<string, number> {
  return new Map(offers.flatMap((offer) => (typeof offer === "string" ? [] : [[offer.lane, offer.limit]])));
}

describe("LaneShares", () => {
  it("divides all the places there are, and offers what is left to every lane", () => {
    fc.assert(
      fc.property(weights, fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 50 }), (given, limits) => {
        const divider = new LaneShares(new Map(Object.entries(given)));
        for (const limit of limits) {
          const offers = divider.divide(limit);
          const own = [...shares(offers).values()];
          expect(own.reduce((sum, share) => sum + share, 0)).toBe(limit);
          expect(own.every((share) => share > 0)).toBe(true);
          expect(offers.filter((offer) => typeof offer === "string").toSorted()).toEqual(Object.keys(given).toSorted());
        }
      }),
    );
  });

  it("comes to the weights in the long run, at any limit", () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 7 }), (given, limit) => {
        const divider = new LaneShares(new Map(Object.entries(given)));
        const total = Object.values(given).reduce((sum, weight) => sum + weight, 0);
        const served = new Map<string, number>();
        const rounds = 500;
        for (let round = 0; round < rounds; round++) {
          for (const [lane, share] of shares(divider.divide(limit))) served.set(lane, (served.get(lane) ?? 0) + share);
        }
        for (const [lane, weight] of Object.entries(given)) {
          // Never further off than a few places, however long it runs.
          expect(Math.abs((served.get(lane) ?? 0) - (rounds * limit * weight) / total)).toBeLessThanOrEqual(limit + 4);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("starves nobody, also when one place is free at a time", () => {
    const divider = new LaneShares(
      new Map([
        ["heavy", 99],
        ["light", 1],
      ]),
    );
    const first = Array.from({ length: 200 }, () => [...shares(divider.divide(1)).keys()][0]);

    expect(first.filter((lane) => lane === "light")).toHaveLength(2);
  });

  it("leaves a single lane without a share", () => {
    expect(new LaneShares(new Map([["a", 5]])).divide(3)).toEqual(["a"]);
  });
});
