import { removals } from "@anyqueue/api";
import { describe, expect, it } from "vitest";

const DAY = 86_400_000;

describe("removals", () => {
  it("P26 keeps completed jobs a day, failed and cancelled ones a week when the lane does not say", () => {
    for (const keep of [undefined, null, {}]) {
      expect(removals("a", keep, 10)).toEqual([
        { lane: "a", states: ["completed"], olderThanMs: DAY, limit: 10 },
        { lane: "a", states: ["failed"], olderThanMs: 7 * DAY, limit: 10 },
        { lane: "a", states: ["cancelled"], olderThanMs: 7 * DAY, limit: 10 },
      ]);
    }
  });

  it("P26 does what the lane says for each state by itself", () => {
    expect(removals("a", { completed: 0, failed: false }, 5)).toMatchObject([
      { olderThanMs: 0 },
      { olderThanMs: 0 },
      { olderThanMs: 7 * DAY },
    ]);
  });
});
