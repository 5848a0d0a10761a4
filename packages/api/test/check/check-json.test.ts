import { runInNewContext } from "node:vm";
import { MAX_VALUE_BYTES } from "@anyqueue/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkJson } from "../../src/check/check-json.ts";
import { errorOf } from "../support/errors.ts";

class Point {
  x = 1;
}

const cyclic: Record<string, unknown> = {};
cyclic["self"] = { again: cyclic };

describe("checkJson", () => {
  it("P2 copies any JSON as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3, stringUnit: "binary" }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes("\\u0000"));
        const { value: copy, bytes } = checkJson(value, "payload");
        expect(JSON.stringify(copy)).toBe(text);
        expect(bytes).toBeGreaterThanOrEqual(Buffer.byteLength(text));
      }),
    );
  });

  it.each([
    ["undefined", { a: undefined }, "payload.a", "undefined"],
    ["a function", { a: [() => 1] }, "payload.a[0]", "a function"],
    ["a symbol", [Symbol("s")], "payload[0]", "a symbol"],
    ["a bigint", { n: 1n }, "payload.n", "a bigint"],
    ["NaN", { n: Number.NaN }, "payload.n", "NaN"],
    ["infinity", { n: -Infinity }, "payload.n", "-Infinity"],
    ["a date", { at: new Date(0) }, "payload.at", "Date"],
    ["a map", new Map(), "payload", "Map"],
    ["a buffer", { b: Buffer.from("x") }, "payload.b", "Buffer"],
    ["a class instance", { p: new Point() }, "payload.p", "Point"],
    ["a boxed string", { s: Object("x") as unknown }, "payload.s", "String"],
    // oxlint-disable-next-line no-sparse-arrays -- the hole is what is tested
    ["a hole", { list: [1, , 3] }, "payload.list[1]", "undefined"],
    ["symbol keys", { o: { [Symbol("s")]: 1 } }, "payload.o", "symbol keys"],
    ["U+0000", { s: "a\0b" }, "payload.s", "U+0000"],
    ["a lone surrogate", { s: "a\ud83d" }, "payload.s", "lone surrogate"],
    ["U+0000 in a key", { o: { "a\0": 1 } }, "payload.o", "U+0000"],
    ["a lone surrogate in a key", { "\udc00": 1 }, "payload", "lone surrogate"],
    ["a cycle", cyclic, "payload.self.again", "cycle"],
  ])("P2 refuses %s by name and path", (_, value, path, what) => {
    const error = errorOf(() => checkJson(value, "payload"));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(`${path}\``);
    expect(error.message).toContain(what);
  });

  it("P2 keeps `__proto__`, `constructor` and `toString` as ordinary keys", () => {
    const value: unknown = JSON.parse('{"__proto__":{"admin":true},"constructor":1,"toString":2}');

    const copy = checkJson(value, "payload").value as object;

    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"admin":true},"constructor":1,"toString":2}');
    expect((copy as { admin?: true }).admin).toBeUndefined();
  });

  it("P2 takes plain objects without a prototype, and those of another realm", () => {
    const bare: unknown = Object.assign(Object.create(null) as object, { a: 1 });
    const foreign: unknown = runInNewContext("({ list: [{ a: 1 }] })");

    expect(checkJson(bare, "payload").value).toEqual({ a: 1 });
    expect(checkJson(foreign, "payload").value).toEqual({ list: [{ a: 1 }] });
    expect(errorOf(() => checkJson(runInNewContext("new Date()"), "payload")).code).toBe("INVALID");
  });

  it("P2 turns -0, which JSON cannot carry, into 0", () => {
    expect(Object.is(checkJson([-0], "payload").value, -0)).toBe(false);
    expect(checkJson([-0], "payload").value).toEqual([0]);
  });

  it("P2 takes a value that occurs twice, since that is no cycle", () => {
    const shared = { a: [1] };

    expect(checkJson({ x: shared, y: [shared, shared] }, "payload").value).toEqual({
      x: { a: [1] },
      y: [{ a: [1] }, { a: [1] }],
    });
  });

  it("P2 copies, so that later changes of the original are not stored", () => {
    const original = { list: [{ n: 1 }] };
    const { value } = checkJson(original, "payload");

    original.list.push({ n: 2 });
    (original.list[0] as { n: number }).n = 9;

    expect(value).toEqual({ list: [{ n: 1 }] });
  });

  it("refuses what is nested too deep, and takes what is just not", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

    expect(checkJson(nested(200), "payload").value).toBeDefined();
    expect(errorOf(() => checkJson(nested(201), "payload")).message).toContain("200 levels");
  });

  it.each([
    ["ASCII", "x", 1],
    ["two bytes a character", "é", 2],
    ["escapes", "\u0001", 6],
    ["quotes", '"', 2],
    ["surrogate pairs", "😀", 4],
  ])("takes exactly the bytes that are allowed and not one more, with %s", (_, unit, size) => {
    const room = MAX_VALUE_BYTES - 2;
    const text = unit.repeat(Math.floor(room / size)) + "x".repeat(room % size);

    expect(Buffer.byteLength(JSON.stringify(text))).toBe(MAX_VALUE_BYTES);
    expect(checkJson(text, "payload").value).toBe(text);
    expect(errorOf(() => checkJson(`${text}x`, "payload"))).toMatchObject({ code: "TOO_LARGE" });
  });

  it("ends early with a value that is hopelessly large, though it is small in memory", () => {
    let bomb: unknown = "x";
    for (let i = 0; i < 100; i++) bomb = [bomb, bomb];

    expect(errorOf(() => checkJson(bomb, "payload")).code).toBe("TOO_LARGE");
  });
});
