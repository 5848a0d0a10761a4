import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Timetable, When } from "@anyqueue/api";
import { checkWhen, tickerOf } from "../../src/schedule/when.ts";
import { errorOf } from "../support/errors.ts";

/** The first ticks after a time, as ISO texts without seconds. */
function ticks(when: When, after: string, count: number): string[] {
  const tickAfter = tickerOf(checkWhen(when, "Cannot schedule it"));
  const found: string[] = [];
  for (let tick = tickAfter(Date.parse(after)); tick !== null && found.length < count; tick = tickAfter(tick)) {
    found.push(new Date(tick).toISOString().replace(":00.000Z", "Z"));
  }
  return found;
}

describe("when a schedule ticks", () => {
  it("by a cron pattern in its time zone, UTC when it names none", () => {
    expect(ticks({ cron: "0 3 * * *", tz: "Europe/Berlin" }, "2026-01-01", 2)).toEqual([
      "2026-01-01T02:00Z",
      "2026-01-02T02:00Z",
    ]);
    expect(ticks({ cron: "0 3 * * *" }, "2026-01-01", 1)).toEqual(["2026-01-01T03:00Z"]);
    expect(ticks({ cron: " 0 12 * * MON-FRI " }, "2026-11-20T12:00Z", 1)).toEqual(["2026-11-23T12:00Z"]);
    expect(ticks({ cron: "30 0 0 1 1 *" }, "2026-01-01", 1)).toEqual(["2026-01-01T00:00:30.000Z"]);
    expect(ticks({ cron: "@daily" }, "2026-01-01", 1)).toEqual(["2026-01-02T00:00Z"]);
  });

  it("at intervals from 1970, or from its start", () => {
    expect(ticks({ every: "15m" }, "2026-01-01T00:07Z", 3)).toEqual([
      "2026-01-01T00:15Z",
      "2026-01-01T00:30Z",
      "2026-01-01T00:45Z",
    ]);
    expect(ticks({ every: "1d" }, "2026-01-01T00:07Z", 1)).toEqual(["2026-01-02T00:00Z"]);
    expect(ticks({ every: "1h", start: new Date("2026-01-01T00:20Z") }, "2025-01-01", 2)).toEqual([
      "2026-01-01T00:20Z",
      "2026-01-01T01:20Z",
    ]);
    expect(ticks({ every: "1h", start: Date.parse("2026-01-01T00:20Z") }, "2026-01-01T05:00Z", 1)).toEqual([
      "2026-01-01T05:20Z",
    ]);
  });

  it("from its start to its end, both included, and never again after that", () => {
    const span = { start: new Date("2026-01-02T00:00Z"), end: new Date("2026-01-03T00:00Z") };
    expect(ticks({ cron: "0 0,12 * * *", ...span }, "2025-01-01", 9)).toEqual([
      "2026-01-02T00:00Z",
      "2026-01-02T12:00Z",
      "2026-01-03T00:00Z",
    ]);
    expect(ticks({ every: "1d", ...span }, "2025-01-01", 9)).toEqual(["2026-01-02T00:00Z", "2026-01-03T00:00Z"]);
    expect(ticks({ every: "1d", end: 8_640_000_000_000_000 }, "+275760-09-13T00:00:00.000Z", 1)).toEqual([]);
  });

  it.each([
    [undefined, "the value must be { cron:"],
    [{}, "say when, by { cron:"],
    [{ cron: "* * * * *", every: "1m" }, "say when"],
    [{ every: "1m", tz: "UTC" }, "`tz` goes with `cron`"],
    [{ every: "99ms" }, "at least 100 ms"],
    [{ every: "soon" }, "`every` must be milliseconds or a duration"],
    [{ cron: "0 3 * *" }, "five fields"],
    [{ cron: "0 0 3 * * * 2026" }, "five fields"],
    [{ cron: "2026-01-01T00:00:00" }, "five fields"],
    [{ cron: 5 }, "five fields"],
    [{ cron: "60 * * * *" }, "is no pattern: Invalid value for minute: 60"],
    [{ cron: "@never" }, "is no pattern"],
    [{ cron: "0 0 30 2 *" }, "never comes"],
    [{ cron: "0 3 * * *", tz: "Europe/Berln" }, "Did you mean `Europe/Berlin`?"],
    [{ cron: "0 3 * * *", tz: "the moon" }, 'such as "Europe/Berlin" or "UTC", not "the moon".$'],
    [{ cron: "0 3 * * *", tz: 1 }, "must be a time zone"],
    [{ cron: "0 3 * * *", timezone: "UTC" }, "`timezone` is not an option"],
    [{ every: "1m", start: "2026-01-01" }, "`start` must be a valid Date or epoch milliseconds"],
    [{ every: "1m", end: new Date(Number.NaN) }, "`end` must be a valid Date"],
    [{ every: "1m", start: 2, end: 1 }, "its `end` is before its `start`"],
  ])("refuses %o", (when, message) => {
    const error = errorOf(() => checkWhen(when as When, "Cannot schedule it"));
    expect(error.code).toBe("INVALID");
    expect(error.message).toMatch(new RegExp(message));
  });
});

describe("when the clocks change", () => {
  it.each([
    ["Europe/Berlin", "30 2 * * *", "2026-03-27T12:00Z", ["28T01:30Z", "29T01:00Z", "30T00:30Z"]],
    ["America/New_York", "30 2 * * *", "2026-03-06T12:00Z", ["07T07:30Z", "08T07:00Z", "09T06:30Z"]],
    ["Europe/Berlin", "30 2,14 * * *", "2026-03-28T20:00Z", ["29T01:00Z", "29T12:30Z", "30T00:30Z"]],
  ])("a time that does not exist ticks at the first one that does, in %s by %s", (tz, cron, after, days) => {
    expect(ticks({ cron, tz }, after, 3)).toEqual(days.map((day) => `2026-03-${day}`));
  });

  it.each([
    ["Europe/Berlin", "30 2 * * *", "2026-10-23T12:00Z", ["10-24T00:30Z", "10-25T00:30Z", "10-26T01:30Z"]],
    ["America/New_York", "30 1 * * *", "2026-10-30T12:00Z", ["10-31T05:30Z", "11-01T05:30Z", "11-02T06:30Z"]],
    ["Europe/Berlin", "0,30 2 * * *", "2026-10-24T12:00Z", ["10-25T00:00Z", "10-25T00:30Z", "10-26T01:00Z"]],
  ])("a time that comes twice ticks once, the first time, in %s by %s", (tz, cron, after, days) => {
    expect(ticks({ cron, tz }, after, 3)).toEqual(days.map((day) => `2026-${day}`));
  });

  it.each([
    ["Europe/Berlin", "2026-03-29T00:00Z"],
    ["Europe/Berlin", "2026-10-25T00:00Z"],
    ["America/New_York", "2026-03-08T06:00Z"],
    ["America/New_York", "2026-11-01T05:00Z"],
  ])("a pattern of every quarter of an hour ticks every quarter of an hour, in %s after %s", (tz, after) => {
    const start = Date.parse(after);
    const expected = Array.from({ length: 12 }, (_, n) => new Date(start + (n + 1) * 900_000).toISOString());
    expect(ticks({ cron: "*/15 * * * *", tz }, after, 12)).toEqual(expected.map((t) => t.replace(":00.000Z", "Z")));
  });

  it.each([
    ["Europe/Berlin", "2026-03-22", 23],
    ["Europe/Berlin", "2026-10-18", 25],
    ["America/New_York", "2026-03-01", 23],
    ["America/New_York", "2026-10-25", 25],
  ])("every day has its noon, in %s after %s", (tz, after, hours) => {
    const noons = ticks({ cron: "0 12 * * *", tz }, after, 15).map((noon) => Date.parse(noon));
    const gaps = noons.slice(1).map((noon, i) => (noon - (noons[i] ?? 0)) / 3_600_000);
    expect(gaps.toSorted((a, b) => a - b)).toEqual([...Array<number>(13).fill(24), hours].toSorted((a, b) => a - b));
  });
});

describe("all processes agree", () => {
  const timetable = fc.oneof(
    fc.record({ every: fc.integer({ min: 100, max: 10_000_000 }), start: fc.integer({ min: 0, max: 1e12 }) }),
    fc.record({
      cron: fc.constantFrom("*/7 * * * *", "30 2 * * *", "15,45 1-3 * * *", "*/20 30 */2 * * *", "0 0 L * *"),
      tz: fc.constantFrom("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"),
    }),
  );
  // Around changes of the clocks, and anywhere.
  const moment = fc.oneof(
    fc
      .tuple(
        fc.constantFrom("2026-03-29T01:00Z", "2026-10-25T01:00Z", "2026-03-08T07:00Z", "2026-11-01T06:00Z"),
        fc.integer({ min: -10_000_000, max: 10_000_000 }),
      )
      .map(([change, offset]) => Date.parse(change) + offset),
    fc.integer({ min: 1.7e12, max: 1.9e12 }),
  );

  it("on every tick, from wherever they look", () => {
    fc.assert(
      fc.property(timetable, moment, fc.integer({ min: 0, max: 20_000_000 }), (when, from, later) => {
        const tickAfter = tickerOf(when as Timetable);
        const end = from + later;
        const walked: number[] = [];
        let tick = tickAfter(from);
        for (; tick !== null && tick <= end && walked.length < 300; tick = tickAfter(tick)) walked.push(tick);
        expect(walked.every((each, i) => each > (walked[i - 1] ?? from))).toBe(true);
        for (const each of walked.slice(0, 20)) expect(tickAfter(each - 1)).toBe(each);
        expect(tickAfter(Math.min(end, (tick ?? Infinity) - 1))).toBe(tick);
      }),
      { numRuns: 300 },
    );
  });
});
