import type { Job, PollResult } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { comparable } from "../../src/model/comparable.ts";
import { differenceOf, pathOf } from "../../src/model/difference.ts";
import { wrongDue } from "../../src/model/next-due.ts";
import { Tokens } from "../../src/model/tokens.ts";

const held = (token: number): Job =>
  ({
    id: "main:1",
    lane: "main",
    state: "active",
    token,
    lease: { token, until: 1, holder: "ann", from: "waiting" },
  }) as Job;

describe("two answers", () => {
  it.each([
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, null],
    [{ a: undefined }, {}, "a"],
    [[1, 2], [1], ""],
    [{ jobs: [{ id: "a" }] }, { jobs: [{ id: "b" }] }, "jobs[0].id"],
    [[null], [{}], "[0]"],
    [{ a: { "b.c": 1 } }, { a: { "b.c": 2 } }, "a.b.c"],
  ])("%j and %j differ first at %j", (actual, expected, path) => {
    const difference = differenceOf(actual, expected);
    expect(difference && pathOf(difference.keys)).toBe(path);
  });

  it("are equal though each store counts its tokens in its own way", () => {
    const [one, other] = [new Tokens(), new Tokens()];
    one.note([held(3)]);
    other.note([held(700)]);
    const step = { verb: "get", by: "a", ids: ["main:1"] } as const;
    expect(comparable(step, [held(3)], one)).toEqual(comparable(step, [held(700)], other));
    expect(comparable(step, [held(4)], one)).not.toEqual(comparable(step, [held(700)], other));
  });
});

describe("tokens", () => {
  it("rise within a lane over all its jobs", () => {
    const tokens = new Tokens();
    expect(
      tokens.note([held(3), { ...held(2), id: "main:2", lease: { ...held(2).lease, token: 2 } } as Job]),
    ).toBeNull();
    expect(tokens.note([held(3)])).toMatch(/main:1 got the token 3 after 3/);
  });

  it("are told by the lease that they stand for", () => {
    const tokens = new Tokens();
    tokens.note([held(3)]);
    tokens.note([held(8)]);
    expect([tokens.of("main:1", "last"), tokens.of("main:1", "earlier")]).toEqual([8, 3]);
    expect([3, 8]).not.toContain(tokens.of("main:1", "never"));
    expect(tokens.of("main:2", "last")).toBe(tokens.of("main:1", "never"));
  });
});

describe("`nextDueAt`", () => {
  it.each([
    [null, { latest: null, mayBeNow: false }, true],
    [null, { latest: 50, mayBeNow: false }, false],
    [50, { latest: 50, mayBeNow: false }, true],
    [51, { latest: 50, mayBeNow: false }, false],
    [20, { latest: 50, mayBeNow: false }, true],
    [10, { latest: 50, mayBeNow: false }, false],
    [10, { latest: 50, mayBeNow: true }, true],
    [10, { latest: 5, mayBeNow: true }, true],
    [60, { latest: null, mayBeNow: false }, true],
    [Number.NaN, { latest: 50, mayBeNow: false }, false],
    ["50", { latest: 50, mayBeNow: false }, false],
  ])("%j at 10 fits %j: %j", (nextDueAt, due, fits) => {
    const result = { jobs: [], expired: [], nextDueAt, now: 10 } as unknown as PollResult;
    expect(wrongDue(result, due) === null).toBe(fits);
  });
});
