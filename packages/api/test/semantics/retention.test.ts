import { keptFor } from "@anyqueue/api";
import { describe, expect, it } from "vitest";

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
