import { beginning, type Fate, fateOf, type OnParent } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { jobOf } from "../support/jobs.ts";

describe("fateOf", () => {
  it.each<[string | null, OnParent | undefined, Fate]>([
    ["completed", "cancel", "go on"],
    ["completed", "leave", "go on"],
    ["waiting", "cancel", "wait"],
    ["active", "release", "wait"],
    ["blocked", "leave", "wait"],
    ["a state of the user's own", "cancel", "wait"],
    ["failed", undefined, "cancel"],
    ["failed", "cancel", "cancel"],
    ["failed", "release", "go on"],
    ["failed", "leave", "wait"],
    ["cancelled", "cancel", "cancel"],
    ["cancelled", "release", "go on"],
    ["cancelled", "leave", "wait"],
    [null, "cancel", "cancel"],
    [null, "release", "go on"],
    [null, "leave", "wait"],
  ])("P20 for a dependency that is %s, with onParent %s, is to %s", (state, onParent, fate) => {
    expect(fateOf(state, onParent)).toBe(fate);
  });
});

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
