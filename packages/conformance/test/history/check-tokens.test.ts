import { describe, expect, it } from "vitest";
import type { Call } from "../../src/history/call.ts";
import { checkTokens } from "../../src/history/check-tokens.ts";
import { failed, FRESH, leased, poll } from "./told.ts";

const other = { ...FRESH, id: "main:2" };
const elsewhere = { ...FRESH, id: "side:1", lane: "side" };

describe("the tokens of a history", () => {
  const right: readonly [string, readonly Call[]][] = [
    ["rise", [poll([0, 1], "ann", [leased(1, "ann")]), poll([2, 3], "bob", [leased(2, "bob", other)])]],
    [
      "rise in each lane by itself",
      [poll([0, 1], "ann", [leased(1, "ann")]), poll([2, 3], "bob", [leased(1, "bob", elsewhere)])],
    ],
    [
      "come in any order from polls that ran at the same time",
      [poll([0, 9], "ann", [leased(2, "ann")]), poll([1, 2], "bob", [leased(1, "bob", other)])],
    ],
    [
      "are not known of a poll that failed",
      [failed(poll([0, 1], "ann", [leased(2, "ann")])), poll([2, 3], "bob", [leased(1, "bob", other)])],
    ],
  ];
  it.for(right)("are right where they %s", ([, calls]) => {
    expect(() => checkTokens(calls)).not.toThrow();
  });

  const wrong: readonly [string, readonly Call[]][] = [
    ["are given twice", [poll([0, 5], "ann", [leased(1, "ann")]), poll([1, 6], "bob", [leased(1, "bob", other)])]],
    ["are given twice by one poll", [poll([0, 5], "ann", [leased(1, "ann"), leased(1, "ann", other)])]],
    ["fall", [poll([0, 1], "ann", [leased(2, "ann")]), poll([2, 3], "bob", [leased(1, "bob", other)])]],
    [
      "fall behind one that came in between",
      [
        poll([0, 1], "ann", [leased(5, "ann")]),
        poll([0, 9], "bob", [leased(6, "bob", other)]),
        poll([2, 3], "cid", [leased(3, "cid", other)]),
      ],
    ],
  ];
  it.for(wrong)("are wrong where they %s", ([, calls]) => {
    expect(() => checkTokens(calls)).toThrow(/token/i);
  });
});
