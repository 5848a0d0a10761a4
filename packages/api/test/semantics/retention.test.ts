import { isOutdated, keptFor } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { jobOf } from "../support/jobs.ts";

describe("keptFor", () => {
  it("P26 goes by the job's own word first, then by its lane's, for the way in which it ended", () => {
    const lane = { completed: 1, failed: 2 };

    expect(keptFor({ state: "completed", keep: { completed: 5 } }, lane)).toBe(5);
    expect(keptFor({ state: "failed", keep: { completed: 5 } }, lane)).toBe(2);
    expect(keptFor({ state: "completed" }, lane)).toBe(1);
    expect(keptFor({ state: "cancelled", keep: { completed: 5 } }, lane)).toBeUndefined();
  });

  it("P26 tells 0 from `false`, and keeps a job whose lane keeps none if it says so", () => {
    expect(keptFor({ state: "completed", keep: { completed: 0 } }, { completed: false })).toBe(0);
    expect(keptFor({ state: "completed", keep: { completed: false } }, { completed: 9 })).toBe(false);
    expect(keptFor({ state: "failed" }, { failed: false })).toBe(false);
  });

  it("P26 says nothing of a job that has not ended, nor where nobody says anything", () => {
    expect(keptFor({ state: "waiting", keep: { completed: false } }, { completed: false })).toBeUndefined();
    for (const lane of [undefined, null, {}]) expect(keptFor({ state: "completed" }, lane)).toBeUndefined();
  });
});

describe("isOutdated", () => {
  const job = jobOf({ state: "completed", finishedAt: 100 });

  it("P26 goes by the states and the age that a removal names, to the millisecond", () => {
    const query = { states: ["completed"], olderThanMs: 50, limit: 1 } as const;

    expect(isOutdated(job, query, 1, 149)).toBe(false);
    expect(isOutdated(job, query, 1, 150)).toBe(true);
    expect(isOutdated(job, { ...query, states: ["failed"] }, 1, 150)).toBe(false);
    expect(isOutdated(jobOf(), query, 1, 999)).toBe(false);
  });

  it("P26 goes in retention by the job's own word or its lane's, and by its place among the finished ones", () => {
    const keep = { completed: 50, failed: 50, cancelled: false, count: 3 } as const;
    const query = { lane: "default", keep, limit: 1 } as const;

    expect(isOutdated(job, query, 3, 149)).toBe(false);
    expect(isOutdated(job, query, 4, 149)).toBe(true);
    expect(isOutdated(job, query, 1, 150)).toBe(true);
    expect(isOutdated({ ...job, keep: { completed: 60 } }, query, 1, 150)).toBe(false);
    expect(isOutdated({ ...job, state: "cancelled" }, query, 1, 100)).toBe(true);
  });
});
