import { sharesOf } from "@anyqueue/api/step";
import { describe, expect, it } from "vitest";

describe("sharesOf", () => {
  it("P6 serves the lanes that are named in their order, one also twice, each up to its share", () => {
    expect(sharesOf({ lanes: [{ lane: "a", limit: 2 }, "b", "a"], limit: 9 }, ["a", "b", "c"], 1)).toEqual([
      { lane: "a", limit: 2 },
      { lane: "b", limit: 9 },
      { lane: "a", limit: 9 },
    ]);
  });

  it("P6 serves the lane of each id once", () => {
    expect(sharesOf({ ids: ["a:1", "b:1", "a:2"], limit: 9 }, [], 0).map(({ lane }) => lane)).toEqual(["a", "b"]);
  });

  it("P6 serves every lane when none is named, beginning at another one each time", () => {
    const lanes = (round: number) => sharesOf({ limit: 1 }, ["a", "b", "c"], round).map(({ lane }) => lane);

    expect([lanes(0), lanes(1), lanes(5)]).toEqual([
      ["a", "b", "c"],
      ["b", "c", "a"],
      ["c", "a", "b"],
    ]);
    expect(sharesOf({ limit: 1 }, [], 3)).toEqual([]);
  });
});
