import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MOST_MISSED } from "@anyqueue/api";
import { dueTicks, LATE } from "../../src/schedule/due-ticks.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const hourly = { every: HOUR };

describe("which ticks have their job", () => {
  it("the one that is due, whatever is missed, if nothing ran late", () => {
    for (const missed of ["skip", "once", "all"] as const) {
      expect(dueTicks({ when: hourly, missed }, HOUR, HOUR + 5)).toEqual({ ticks: [HOUR], next: 2 * HOUR });
    }
  });

  it("skip: none that is later than a minute", () => {
    const due = (now: number): unknown => dueTicks({ when: hourly, missed: "skip" }, HOUR, now);
    expect(due(HOUR + LATE)).toEqual({ ticks: [HOUR], next: 2 * HOUR });
    expect(due(HOUR + LATE + 1)).toEqual({ ticks: [], next: 2 * HOUR });
    expect(due(5 * HOUR + 10)).toEqual({ ticks: [5 * HOUR], next: 6 * HOUR });
    expect(due(5 * HOUR + 2 * LATE)).toEqual({ ticks: [], next: 6 * HOUR });
  });

  it("once: the newest, however late", () => {
    expect(dueTicks({ when: hourly, missed: "once" }, HOUR, 5.5 * HOUR)).toEqual({
      ticks: [5 * HOUR],
      next: 6 * HOUR,
    });
  });

  it("all: each of them, oldest first, up to the newest 1000", () => {
    expect(dueTicks({ when: hourly, missed: "all" }, HOUR, 3.5 * HOUR)).toEqual({
      ticks: [HOUR, 2 * HOUR, 3 * HOUR],
      next: 4 * HOUR,
    });
    const { ticks, next } = dueTicks({ when: hourly, missed: "all" }, HOUR, 50_000.5 * HOUR);
    expect([ticks.length, ticks[0], ticks.at(-1), next]).toEqual([
      MOST_MISSED,
      49_001 * HOUR,
      50_000 * HOUR,
      50_001 * HOUR,
    ]);
  });

  it("none after the end, and there is none to wait for then", () => {
    const when = { every: HOUR, end: 2 * HOUR };
    expect(dueTicks({ when, missed: "once" }, HOUR, 9 * HOUR)).toEqual({ ticks: [2 * HOUR], next: null });
    expect(dueTicks({ when, missed: "skip" }, HOUR, 9 * HOUR)).toEqual({ ticks: [], next: null });
    expect(dueTicks({ when, missed: "all" }, 2 * HOUR, 2 * HOUR)).toEqual({ ticks: [2 * HOUR], next: null });
  });

  it("finds the newest of years of uneven ticks without walking through all of them", () => {
    const when = { cron: "* * 3 * * *", tz: "Europe/Berlin" };
    const due = dueTicks({ when, missed: "once" }, Date.parse("2020-01-01T02:00:00Z"), Date.parse("2026-07-01T00:30Z"));
    expect(due).toEqual({ ticks: [Date.parse("2026-06-30T01:59:59Z")], next: Date.parse("2026-07-01T01:00:00Z") });
  });

  it("is the same as walking through all ticks", () => {
    const ticksUntil = (first: number, every: number, now: number): number[] =>
      Array.from({ length: Math.floor((now - first) / every) + 1 }, (_, n) => first + n * every);
    fc.assert(
      fc.property(
        fc.constantFrom("skip" as const, "once" as const, "all" as const),
        fc.integer({ min: 100, max: 100_000 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (missed, every, count, late) => {
          const first = every * count;
          const now = first + late;
          const all = ticksUntil(first, every, now);
          const expected = {
            skip: all.slice(-1).filter((tick) => now - tick <= LATE),
            once: all.slice(-1),
            all: all.slice(-MOST_MISSED),
          };
          expect(dueTicks({ when: { every }, missed }, first, now)).toEqual({
            ticks: expected[missed],
            next: (all.at(-1) ?? 0) + every,
          });
        },
      ),
    );
  });
});
