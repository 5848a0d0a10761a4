import { type Bucket, nextStartAt, type Rate, startsLeft, withStarts } from "@anyqueue/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const rate: Rate = { limit: 10, periodMs: 1000 };

describe("a lane's rate", () => {
  it("P19 begins full, with as many starts as `burst`, or `limit` without one", () => {
    expect(startsLeft(undefined, rate, 0)).toBe(10);
    expect(startsLeft(undefined, { ...rate, burst: 3 }, 0)).toBe(3);
    expect(nextStartAt(undefined, rate, 5)).toBe(5);
  });

  it("P19 is refilled evenly, and never beyond its brim", () => {
    const empty = withStarts(undefined, rate, 0, 10);

    expect(startsLeft(empty, rate, 99)).toBe(0);
    expect(startsLeft(empty, rate, 100)).toBe(1);
    expect(startsLeft(empty, rate, 550)).toBe(5);
    expect(startsLeft(empty, rate, 60_000)).toBe(10);
    expect(nextStartAt(empty, rate, 20)).toBe(100);
  });

  it("P19 gives nothing for a clock that goes back", () => {
    const bucket = withStarts(undefined, rate, 1000, 10);

    expect(startsLeft(bucket, rate, 0)).toBe(0);
    expect(startsLeft(withStarts(bucket, rate, 0, 0), rate, 1000)).toBe(0);
    expect(nextStartAt(bucket, rate, 0)).toBe(1100);
  });

  it("P19 forgets a time that is further ahead than it takes to fill up: that clock was wrong", () => {
    const bucket = withStarts(undefined, rate, 1001, 10);

    expect(startsLeft(bucket, rate, 0)).toBe(10);
    expect(withStarts(bucket, rate, 0, 10)).toEqual({ tokens: 0, at: 0 });
    expect(nextStartAt(bucket, rate, 0)).toBe(0);
  });

  it("P19 keeps to a limit that was lowered since", () => {
    expect(startsLeft({ tokens: 10, at: 0 }, { limit: 1, periodMs: 1000 }, 0)).toBe(1);
    expect(startsLeft(withStarts(undefined, rate, 0, 10), { limit: 1, periodMs: 1000 }, 500)).toBe(0);
  });

  const rates = fc.record({
    limit: fc.integer({ min: 1, max: 1000 }),
    periodMs: fc.integer({ min: 1, max: 3_600_000 }),
    burst: fc.integer({ min: 1, max: 1000 }),
  });
  const pauses = fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 50 });

  it("P19 never allows more than the burst and what is refilled, however it is asked, and not much less", () => {
    fc.assert(
      fc.property(rates, pauses, (any, steps) => {
        let bucket: Bucket | undefined;
        let started = 0;
        let now = 0;
        for (const step of steps) {
          now += step;
          const left = startsLeft(bucket, any, now);
          bucket = withStarts(bucket, any, now, left);
          started += left;
        }
        expect(started).toBeLessThanOrEqual(any.burst + (now * any.limit) / any.periodMs + 1e-3);
      }),
    );
  });

  it("P10 tells the very millisecond of the next start: then there is one, and just before there is none", () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 0, max: 10_000_000 }), (any, now) => {
        const bucket = withStarts(undefined, any, now, startsLeft(undefined, any, now));
        const next = nextStartAt(bucket, any, now);

        expect(startsLeft(bucket, any, next)).toBeGreaterThanOrEqual(1);
        expect(next === now ? 0 : startsLeft(bucket, any, next - 1)).toBe(0);
      }),
    );
  });
});
