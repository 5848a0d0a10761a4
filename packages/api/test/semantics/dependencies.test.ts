import { type Fate, fateOf, type OnParent } from "@anyqueue/api";
import { describe, expect, it } from "vitest";

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
