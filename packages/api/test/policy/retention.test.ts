import { removal } from "@anyqueue/api";
import { describe, expect, it } from "vitest";

const DAY = 86_400_000;

describe("removal", () => {
  it("P26 keeps completed jobs a day, failed and cancelled ones a week when the lane does not say", () => {
    for (const keep of [undefined, null, {}]) {
      expect(removal("a", keep, 10)).toEqual({
        lane: "a",
        keep: { completed: DAY, failed: 7 * DAY, cancelled: 7 * DAY },
        limit: 10,
      });
    }
  });

  it("P26 does what the lane says for each state by itself, and for their number", () => {
    expect(removal("a", { completed: 0, failed: false, count: 3 }, 5)).toMatchObject({
      keep: { completed: 0, failed: false, cancelled: 7 * DAY, count: 3 },
    });
  });
});
