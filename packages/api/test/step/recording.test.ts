import { isRecorded } from "@anyqueue/api/step";
import { describe, expect, it } from "vitest";

describe("isRecorded", () => {
  it("P22 takes insertions and transitions only where the lane asks for them", () => {
    const kinds = ["inserted", "moved", "failed", "user"] as const;

    expect(kinds.filter((kind) => isRecorded({ kind }, {}))).toEqual(["failed", "user"]);
    expect(kinds.filter((kind) => isRecorded({ kind }, { history: "failures" }))).toEqual(["failed", "user"]);
    expect(kinds.filter((kind) => isRecorded({ kind }, { history: "all" }))).toEqual(kinds);
  });
});
