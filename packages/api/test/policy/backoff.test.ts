import { type Backoff, backoffDelay, DEFAULT_BACKOFF } from "@anyqueue/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const century = 100 * 365 * 86_400_000;

describe("backoffDelay", () => {
  it.each<[Backoff, number[]]>([
    [{ type: "fixed", delayMs: 10 }, [10, 10, 10, 10]],
    [{ type: "linear", delayMs: 10 }, [10, 20, 30, 40]],
    [{ type: "exponential", delayMs: 10 }, [10, 20, 40, 80]],
    [{ type: "exponential", delayMs: 10, maxMs: 35 }, [10, 20, 35, 35]],
    [{ type: "linear", delayMs: 10, maxMs: 5 }, [5, 5, 5, 5]],
    [{ type: "exponential", delayMs: 0 }, [0, 0, 0, 0]],
  ])("grows as %j says", (backoff, delays) => {
    expect([1, 2, 3, 4].map((attempt) => backoffDelay(backoff, attempt))).toEqual(delays);
  });

  it("begins with a second and goes up to an hour when a job names none", () => {
    const delays = [1, 2, 3, 100].map((attempt) => backoffDelay(DEFAULT_BACKOFF, attempt, () => 0));

    expect(delays).toEqual([1000, 2000, 4000, 3_600_000]);
  });

  it("treats attempts below 1 as the first", () => {
    expect(backoffDelay({ type: "exponential", delayMs: 10 }, 0)).toBe(10);
  });

  it("adds jitter only upwards, never beyond the cap, and always comes to a whole representable number", () => {
    const backoffs = fc.record(
      {
        type: fc.constantFrom("fixed" as const, "linear" as const, "exponential" as const),
        delayMs: fc.nat({ max: 8_640_000_000_000_000 }),
        maxMs: fc.nat({ max: 8_640_000_000_000_000 }),
        jitter: fc.double({ min: 0, max: 1, noNaN: true }),
      },
      { requiredKeys: ["type", "delayMs"] },
    );
    fc.assert(
      fc.property(
        backoffs,
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: 1 - 2 ** -53, noNaN: true }),
        (backoff, attempt, random) => {
          const { jitter: _, ...plain } = backoff;
          const least = backoffDelay(plain, attempt);
          const delay = backoffDelay(backoff, attempt, () => random);
          expect(Number.isSafeInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(least);
          expect(delay).toBeLessThanOrEqual(Math.min(backoff.maxMs ?? century, century));
        },
      ),
    );
  });
});
