import { hintsOf } from "@anyqueue/api/step";
import { describe, expect, it } from "vitest";
import { heldJob, jobOf } from "../support/jobs.ts";

describe("hintsOf", () => {
  const lane = { lane: "default" };

  it("P24 tells the lane of a new job and of one that is given back, due or not", () => {
    expect(hintsOf(null, jobOf(), {})).toEqual([lane]);
    expect(hintsOf(heldJob(), jobOf({ runAt: 9 }), {})).toEqual([lane]);
    expect(hintsOf(null, jobOf({ state: "fetched" }), {})).toEqual([lane]);
  });

  it("P24 tells nothing of a job that is held or blocked", () => {
    expect(hintsOf(jobOf(), heldJob(), {})).toEqual([]);
    expect(hintsOf(null, jobOf({ state: "blocked" }), {})).toEqual([]);
  });

  it("P24 tells once that a job has ended", () => {
    const ended = jobOf({ state: "failed", finishedAt: 1 });

    expect(hintsOf(heldJob(), ended, {})).toEqual([{ job: ended.id }]);
    expect(hintsOf(ended, { ...ended, priority: 1 }, {})).toEqual([]);
  });

  it("P19 tells the lane when a job frees a slot of its concurrency, also by its removal", () => {
    const ended = jobOf({ state: "completed", finishedAt: 1 });

    expect(hintsOf(heldJob(), ended, { concurrency: 1 })).toEqual([lane, { job: ended.id }]);
    expect(hintsOf(heldJob(), null, { concurrency: 1 })).toEqual([lane]);
    expect(hintsOf(heldJob(), null, {})).toEqual([]);
    expect(hintsOf(jobOf(), null, { concurrency: 1 })).toEqual([]);
  });
});
