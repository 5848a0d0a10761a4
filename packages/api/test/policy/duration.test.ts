import { MAX_TIME, parseDuration } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/errors.ts";

describe("parseDuration", () => {
  it.each([
    [0, 0],
    [1500, 1500],
    [1.6, 2],
    ["250", 250],
    ["250ms", 250],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1.5h", 5_400_000],
    ["7d", 604_800_000],
    ["2w", 1_209_600_000],
    [" 5 m ", 300_000],
    [MAX_TIME, MAX_TIME],
  ])("reads %j as %d ms", (duration, ms) => {
    expect(parseDuration(duration, "delay")).toBe(ms);
  });

  it.each([-1, Number.NaN, "", "soon", "5x", "-5s", "1e3", "5m30s", null, undefined, {}, [5], 5n])(
    "refuses %s by the option's name",
    (duration) => {
      const error = errorOf(() => parseDuration(duration, "delay"));

      expect(error.code).toBe("INVALID");
      expect(error.message).toContain("`delay` must be milliseconds or a duration");
    },
  );

  it.each([Infinity, MAX_TIME + 1, "9".repeat(400), "999999999999d"])(
    "tells the bound of one as long as %s",
    (long) => {
      const error = errorOf(() => parseDuration(long, "delay"));

      expect(error.code).toBe("INVALID");
      expect(error.message).toContain(`must be at most ${MAX_TIME} milliseconds`);
    },
  );
});
