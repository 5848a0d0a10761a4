import { beginning } from "@anyqueue/api/step";
import { describe, expect, it } from "vitest";
import { jobOf } from "../support/jobs.ts";

describe("beginning", () => {
  const states: Readonly<Record<string, string>> = { "a:1": "completed", "a:2": "waiting", "a:3": "failed" };
  const stateOf = (id: string): string | null => states[id] ?? null;

  it("P20 leaves a job as it is that depends on nothing, or only on what has completed", () => {
    const free = jobOf({ state: "fetched" });
    const met = jobOf({ dependsOn: ["a:1"] });

    expect(beginning(free, stateOf, 5)).toEqual({ job: free, waitsFor: [] });
    expect(beginning(met, stateOf, 5)).toEqual({ job: met, waitsFor: [] });
  });

  it("P20 blocks a job that has to wait, and tells for which", () => {
    const job = jobOf({ dependsOn: ["a:1", "a:2", "a:9"], onParent: "leave" });

    expect(beginning(job, stateOf, 5)).toEqual({ job: { ...job, state: "blocked" }, waitsFor: ["a:2", "a:9"] });
  });

  it("P20 cancels a job as soon as one of those that it depends on says so, whatever the others do", () => {
    const job = jobOf({ dependsOn: ["a:2", "a:3"] });

    expect(beginning(job, stateOf, 5)).toEqual({
      job: { ...job, state: "cancelled", finishedAt: 5 },
      waitsFor: [],
    });
  });
});
