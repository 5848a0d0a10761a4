import {
  byCodePoint,
  equalJson,
  type Job,
  type Json,
  matches,
  type Predicate,
  type Test,
  valueAt,
} from "@anyqueue/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobOf } from "../support/jobs.ts";

const payload = {
  name: "Ann",
  age: 30,
  ratio: 1.0,
  yes: true,
  nothing: null,
  tags: ["a", "b"],
  user: { id: 7, "": 1, roles: [{ name: "admin" }] },
  length: 3,
};
const job = jobOf({ payload, attempt: 2 });

describe("matches", () => {
  it.each<[string, Test, boolean]>([
    ["payload.name", { eq: "Ann" }, true],
    ["payload.name", { eq: "ann" }, false],
    ["payload.age", { eq: 30.0 }, true],
    ["payload.age", { eq: "30" }, false],
    ["payload.yes", { eq: true }, true],
    ["payload.yes", { eq: 1 }, false],
    ["payload.nothing", { eq: null }, true],
    ["payload.absent", { eq: null }, false],
    ["payload.nothing", { exists: true }, true],
    ["payload.absent", { exists: false }, true],
    ["payload.absent", { exists: true }, false],
    ["payload.absent", { ne: 1 }, false],
    ["payload.absent", { lt: 1 }, false],
    ["payload.absent", { in: [null] }, false],
    ["payload.absent", { exists: false, ne: 1 }, false],
    ["payload.absent", {}, true],
    ["payload.nothing", { ne: 1 }, true],
    ["payload.age", { ne: 30 }, false],
    ["payload.age", { gte: 30, lt: 31 }, true],
    ["payload.age", { gt: 30 }, false],
    ["payload.age", { lt: "31" }, false],
    ["payload.name", { lt: 31 }, false],
    ["payload.name", { gt: "Anm", lte: "Ann" }, true],
    ["payload.nothing", { lte: 0 }, false],
    ["payload.yes", { lte: 1 }, false],
    ["payload.tags", { eq: ["a", "b"] }, true],
    ["payload.tags", { eq: ["b", "a"] }, false],
    ["payload.tags.1", { eq: "b" }, true],
    ["payload.tags.01", { exists: true }, false],
    ["payload.tags.-1", { exists: true }, false],
    ["payload.tags.length", { exists: true }, false],
    ["payload.length", { eq: 3 }, true],
    ["payload.name.length", { exists: true }, false],
    ["payload.user", { eq: { roles: [{ name: "admin" }], "": 1, id: 7 } }, true],
    ["payload.user.", { eq: 1 }, true],
    ["payload.user.roles.0.name", { prefix: "adm" }, true],
    ["payload.age", { prefix: "3" }, false],
    ["payload.toString", { exists: true }, false],
    ["payload.__proto__", { exists: true }, false],
    ["payload.user.constructor", { exists: true }, false],
    ["payload.age", { in: [29, 30] }, true],
    ["payload.age", { in: [] }, false],
    ["payload.tags", { in: [["a", "b"]] }, true],
    ["payload.name", { prefix: "" }, true],
    ["payload.name", { prefix: "%" }, false],
    ["attempt", { eq: 2 }, true],
    ["lease", { exists: true }, false],
  ])("P9 decides that %s %j is %s", (path, test, answer) => {
    expect(matches({ [path]: test }, job)).toBe(answer);
  });

  it("P9 joins with and, or, not, also when empty", () => {
    const yes: Predicate = { attempt: { eq: 2 } };
    const no: Predicate = { attempt: { eq: 3 } };

    expect(matches({ and: [] }, job)).toBe(true);
    expect(matches({ or: [] }, job)).toBe(false);
    expect(matches({}, job)).toBe(true);
    expect(matches({ and: [yes, no] }, job)).toBe(false);
    expect(matches({ or: [no, yes] }, job)).toBe(true);
    expect(matches({ not: { or: [no, { not: yes }] } }, job)).toBe(true);
    expect(matches({ attempt: { eq: 2 }, state: { eq: "active" } }, job)).toBe(false);
  });

  it("P9 sees `__proto__` only where it is a key of the payload's own", () => {
    const own = jobOf({ payload: JSON.parse('{"__proto__":{"a":1}}') as Json });

    expect(matches({ "payload.__proto__.a": { eq: 1 } }, own)).toBe(true);
    expect(valueAt(jobOf({ payload: {} }), "payload.__proto__")).toBeUndefined();
  });

  it("P9 agrees with an oracle that looks at texts instead of values", () => {
    const scalar = fc.constantFrom<Json>(null, true, false, 0, 1, -1, 1.5, "", "a", "b", "1", "\uffff", "😀");
    const value: fc.Arbitrary<Json> = fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.record({ a: scalar }));
    const bound = fc.constantFrom<number | string>(0, 1, 1.5, "", "a", "\uffff", "😀");
    const test: fc.Arbitrary<Test> = fc.record(
      {
        eq: value,
        ne: value,
        lt: bound,
        lte: bound,
        gt: bound,
        gte: bound,
        in: fc.array(value, { maxLength: 3 }),
        exists: fc.boolean(),
        prefix: fc.constantFrom("", "a", "1"),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.option(value, { nil: undefined }), test, (stored, given) => {
        const subject = jobOf({ payload: stored === undefined ? {} : { x: stored } });
        expect(matches({ "payload.x": given }, subject)).toBe(oracle(stored, given));
      }),
      { numRuns: 2000 },
    );
  });
});

/** P9 once more, in another way: equality by text, order by lists of code points. */
function oracle(stored: Json | undefined, test: Test): boolean {
  const same = (a: Json, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b);
  const rank = (other: number | string): number => {
    if (stored === undefined || typeof stored !== typeof other) return Number.NaN;
    if (typeof stored === "number") return stored - (other as number);
    return Buffer.compare(utf32(stored as string), utf32(other as string));
  };
  const verdicts: Record<keyof Test, () => boolean> = {
    exists: () => test.exists === (stored !== undefined),
    eq: () => stored !== undefined && same(stored, test.eq as Json),
    ne: () => stored !== undefined && !same(stored, test.ne as Json),
    in: () => stored !== undefined && (test.in ?? []).some((item) => same(item, stored)),
    prefix: () => typeof stored === "string" && stored.slice(0, test.prefix?.length) === test.prefix,
    lt: () => rank(test.lt as number) < 0,
    lte: () => rank(test.lte as number) <= 0,
    gt: () => rank(test.gt as number) > 0,
    gte: () => rank(test.gte as number) >= 0,
  };
  return (Object.keys(test) as (keyof Test)[]).every((name) => verdicts[name]());
}

function utf32(text: string): Buffer {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const buffer = Buffer.alloc(points.length * 4);
  points.forEach((point, i) => buffer.writeUInt32BE(point, i * 4));
  return buffer;
}

describe("equalJson", () => {
  it("P9 ignores the order of keys and nothing else", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const copy = shuffled(JSON.parse(JSON.stringify(value)) as Json);
        expect(equalJson(copy, JSON.parse(JSON.stringify(value)) as Json)).toBe(true);
        expect(equalJson([copy], { 0: copy })).toBe(false);
        expect(equalJson({ a: copy }, { a: copy, b: 1 })).toBe(false);
        expect(equalJson({ a: copy }, { b: copy })).toBe(false);
      }),
    );
    expect(equalJson({}, JSON.parse('{"__proto__":1}') as Json)).toBe(false);
    expect(equalJson(-0, 0)).toBe(true);
  });
});

/** The same value with its keys in the opposite order. */
function shuffled(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => shuffled(item));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as Record<string, Json>).toReversed();
  return Object.fromEntries(entries.map(([key, item]) => [key, shuffled(item)]));
}

describe("byCodePoint", () => {
  it("P9 orders as lists of code points would", () => {
    const unit = fc.constantFrom("a", "b", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "😀", "\u{10ffff}");
    const text = fc.array(unit, { maxLength: 4 }).map((units) => units.join(""));
    fc.assert(
      fc.property(text, text, (a, b) => {
        const points = (string: string): number[] => Array.from(string, (character) => character.codePointAt(0) ?? 0);
        const left = points(a);
        const right = points(b);
        const i = left.findIndex((point, at) => point !== right[at]);
        const order = i < 0 ? left.length - right.length : (left[i] ?? 0) - (right[i] ?? -1);
        expect(Math.sign(byCodePoint(a, b))).toBe(Math.sign(order));
      }),
      { numRuns: 1000 },
    );
    expect(byCodePoint("\ufb00", "😀")).toBeLessThan(0);
  });
});

describe("valueAt", () => {
  it("reads any field of a job", () => {
    const held: Job = jobOf({ lease: { token: 3, until: 5, holder: "a", from: "waiting" } });

    expect(valueAt(held, "lease.token")).toBe(3);
    expect(valueAt(held, "id")).toBe("default:1");
  });
});
