import { isInLine, keepsTurn } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { heldJob, jobOf } from "../support/jobs.ts";

describe("a line", () => {
  const keyed = { orderingKey: "k" };

  it("P18 has the jobs of a key that have not ended and are not blocked", () => {
    expect(isInLine(jobOf(keyed))).toBe(true);
    expect(isInLine(heldJob(keyed))).toBe(true);
    expect(isInLine(jobOf())).toBe(false);
    expect(isInLine(jobOf({ ...keyed, state: "blocked" }))).toBe(false);
    expect(isInLine(jobOf({ ...keyed, state: "failed" }))).toBe(false);
  });

  it("P18 takes the turn from a job that ends, is blocked, or goes to the end of the line", () => {
    expect(keepsTurn(jobOf(keyed), false)).toBe(true);
    expect(keepsTurn(jobOf(keyed), true)).toBe(false);
    expect(keepsTurn(heldJob(keyed), true)).toBe(true);
    expect(keepsTurn(jobOf({ ...keyed, state: "cancelled" }), false)).toBe(false);
  });
});
