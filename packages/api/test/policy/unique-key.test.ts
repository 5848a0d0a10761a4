import { canonicalJson, equalJson, type Json, keyOfName, keyOfValue, MAX_NAME_LENGTH } from "@anyqueue/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const json = fc.jsonValue() as fc.Arbitrary<Json>;
const names = fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 });

describe("canonicalJson", () => {
  it("sorts keys at every level, and nothing else", () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: "ü\n", "10": 1e21, "9": false })).toBe(
      '{"10":1e+21,"9":false,"a":"ü\\n","b":[{"c":null,"d":1}]}',
    );
  });

  it("P9 is the same text for equal values, and never for others", () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(canonicalJson(a) === canonicalJson(b)).toBe(equalJson(a, b));
        expect(equalJson(JSON.parse(canonicalJson(a)) as Json, JSON.parse(JSON.stringify(a)) as Json)).toBe(true);
      }),
    );
  });
});

describe("the stored unique key", () => {
  it("P17 can be read back where it may: the type and the key", () => {
    expect(keyOfName("mail.send", "ada@example.com")).toBe("mail.send:ada@example.com");
  });

  it.each<[string, string, string]>([
    ["is too long", "mail.send", "x".repeat(300)],
    ["has control characters", "mail.send", "a\nb"],
    ["has lone surrogates", "mail.send", "\ud800"],
    ["looks like a hash", "mail.send", "#abc"],
    ["is of a type with a colon in it", "mail:send", "ada"],
  ])("P17 is a hash where the key %s", (_, type, key) => {
    expect(keyOfName(type, key)).toMatch(/^mail[.:]send:#[\w-]{43}$/);
  });

  it("P17 is the same for the same job only: other types, keys and payloads have others", () => {
    fc.assert(
      fc.property(names, names, names, names, json, (type, key, otherType, otherKey, payload) => {
        const same = type === otherType && key === otherKey;
        expect(keyOfName(type, key) === keyOfName(otherType, otherKey)).toBe(same);
        expect(keyOfValue(type, payload)).not.toBe(keyOfName(otherType, otherKey));
        expect(keyOfValue(type, payload) === keyOfValue(otherType, payload)).toBe(type === otherType);
      }),
    );
    expect(keyOfName("a:b", "c")).not.toBe(keyOfName("a", "b:c"));
    expect(keyOfValue("a", { x: 1, y: 2 })).toBe(keyOfValue("a", { y: 2, x: 1.0 }));
    expect(keyOfValue("a", { x: null })).not.toBe(keyOfValue("a", {}));
  });

  it("P17 is a name that every store takes, whatever it is made of", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 400 }), names, (key, type) => {
        for (const stored of [keyOfName(type, key), keyOfValue(type, key)]) {
          expect(stored.length).toBeLessThanOrEqual(MAX_NAME_LENGTH);
          expect(stored.isWellFormed()).toBe(true);
        }
      }),
    );
    expect(keyOfName(`${"x".repeat(209)}😀${"y".repeat(44)}`, "k").isWellFormed()).toBe(true);
  });
});
