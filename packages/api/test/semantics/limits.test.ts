import { mergeSettings, opensAt, roomIn } from "@anyqueue/api";
import { describe, expect, it } from "vitest";

const rate = { limit: 10, periodMs: 1000 };

describe("roomIn", () => {
  it("P19 has no bound in a lane without limits, and no room in a paused one", () => {
    expect(roomIn({ settings: {}, leases: 99 }, 0)).toBe(Infinity);
    expect(roomIn({ settings: { paused: true }, leases: 0 }, 0)).toBe(0);
  });

  it("P19 is what the concurrency leaves, and nothing when it was lowered below the leases that are open", () => {
    expect(roomIn({ settings: { concurrency: 3 }, leases: 1 }, 0)).toBe(2);
    expect(roomIn({ settings: { concurrency: 3 }, leases: 5 }, 0)).toBe(0);
  });

  it("P19 is what the rate leaves, if that is less", () => {
    const bucket = { tokens: 1, at: 0 };

    expect(roomIn({ settings: { concurrency: 3, rate }, leases: 0, bucket }, 0)).toBe(1);
    expect(roomIn({ settings: { concurrency: 3, rate }, leases: 0, bucket }, 500)).toBe(3);
  });
});

describe("opensAt", () => {
  it("P10 is now, or when the rate allows the next start", () => {
    expect(opensAt({ settings: {}, leases: 0 }, 7)).toBe(7);
    expect(opensAt({ settings: { rate }, leases: 0, bucket: { tokens: 0, at: 0 } }, 7)).toBe(100);
  });

  it("P10 is not known of a lane that is paused or has no slot", () => {
    expect(opensAt({ settings: { paused: true }, leases: 0 }, 7)).toBeUndefined();
    expect(opensAt({ settings: { concurrency: 1 }, leases: 1 }, 7)).toBeUndefined();
  });
});

describe("mergeSettings", () => {
  it("P19 leaves what is absent, and resets what is null", () => {
    const before = { paused: true, capacity: 3, keep: { completed: 1 } } as const;

    expect(mergeSettings(before, { paused: null, keep: { failed: 2 } })).toEqual({ capacity: 3, keep: { failed: 2 } });
  });
});
