import { MAX_PREDICATE_DEPTH } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { asPredicate } from "../../src/check/check-predicate.ts";
import { errorOf } from "../support/errors.ts";

describe("asPredicate", () => {
  it("P9 turns bare scalars into equality, at every level", () => {
    expect(asPredicate({ type: "a", "payload.n": null, attempt: { gte: 1 } }, "where")).toEqual({
      type: { eq: "a" },
      "payload.n": { eq: null },
      attempt: { gte: 1 },
    });
    expect(asPredicate({ not: { or: [{ lane: "a" }, { and: [] }] } }, "where")).toEqual({
      not: { or: [{ lane: { eq: "a" } }, { and: [] }] },
    });
  });

  it("P9 copies operands, so that later changes do not count", () => {
    const operand = { a: [1] };
    const predicate = asPredicate({ payload: { eq: operand } }, "where");

    operand.a.push(2);

    expect(predicate).toEqual({ payload: { eq: { a: [1] } } });
  });

  it.each([
    ["a misspelt field", { paylod: 1 }, "Did you mean `payload`?"],
    ["a misspelt field of a path", { "paylod.x": 1 }, "Did you mean `payload`?"],
    ["`__proto__`", JSON.parse('{"__proto__":1}') as unknown, "`__proto__`"],
    ["a misspelt test", { attempt: { ltt: 1 } }, "Did you mean `lt`?"],
    ["`and` beside a path", { and: [], attempt: 1 }, "`and`"],
    ["`and` that is no list", { and: {} }, "where.and"],
    ["a part that is no predicate", { or: [{ attempt: 1 }, 5] }, "where.or[1]"],
    ["a list as a test", { payload: [1] }, "where.payload"],
    ["`in` without a list", { attempt: { in: 3 } }, "where.attempt.in"],
    ["`exists` without a flag", { attempt: { exists: 1 } }, "where.attempt.exists"],
    ["`prefix` without text", { type: { prefix: 1 } }, "where.type.prefix"],
    ["an order over objects", { payload: { lt: {} } }, "where.payload.lt"],
    ["an order over null", { payload: { gte: null } }, "where.payload.gte"],
    ["an order over NaN", { attempt: { gte: Number.NaN } }, "where.attempt.gte"],
    ["no object at all", "attempt = 1", "where"],
    ["null", null, "where"],
    ["an empty scalar", { attempt: undefined }, "where.attempt"],
  ])("P9 refuses %s by name", (_, where, part) => {
    const error = errorOf(() => asPredicate(where, "where"));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
  });

  it.each(["eq", "ne", "lt", "in", "exists", "prefix"])(
    "P9 refuses an empty `%s`, which would hold for every job",
    (test) => {
      expect(errorOf(() => asPredicate({ "payload.user": { [test]: undefined } }, "where")).code).toBe("INVALID");
    },
  );

  it("takes a predicate of the greatest depth and refuses one that is deeper", () => {
    const nested = (depth: number): unknown => (depth === 1 ? { attempt: 1 } : { not: nested(depth - 1) });

    expect(() => asPredicate(nested(MAX_PREDICATE_DEPTH), "where")).not.toThrow();
    expect(errorOf(() => asPredicate(nested(MAX_PREDICATE_DEPTH + 1), "where")).message).toContain("levels deep");
  });
});
