import { describe, expect, it } from "vitest";
import { decodeMessage, encodeMessage } from "../../src/wakeups/message.ts";

describe("a message", () => {
  it("says what was told, in few bytes", () => {
    const message = { sender: "me", lanes: ["a", "b"], finished: ["c"] };
    const text = encodeMessage(message);

    expect(text).toBe('{"s":"me","l":["a","b"],"f":["c"]}');
    expect(decodeMessage(text)).toEqual({ ...message, resync: false });
    expect(encodeMessage({ sender: "", lanes: new Set(["a"]), finished: new Set() })).toBe('{"l":["a"]}');
  });

  it("says that anything may have happened where that is too much to list", () => {
    const lanes = Array.from({ length: 90 }, (_, i) => `${i}`.padEnd(100, "x"));
    const text = encodeMessage({ sender: "me", lanes, finished: [] });

    expect(text).toBe('{"s":"me","r":1}');
    expect(decodeMessage(text)).toEqual({ sender: "me", lanes: [], finished: [], resync: true });
  });

  it("is shorter than Postgres allows, as near to it as lanes allow", () => {
    const lengths = Array.from({ length: 900 }, (_, count) => {
      const lanes = Array.from({ length: count }, (__, i) => `lane-${i}`);
      return Buffer.byteLength(encodeMessage({ sender: "me", lanes, finished: [] }));
    });
    expect(Math.max(...lengths)).toBeLessThan(8000);
    expect(Math.max(...lengths)).toBeGreaterThan(7980);
  });

  it.each(["", "hello", "null", "5", "[]", '{"l":"a"}', '{"l":[1]}', '{"s":5}', '{"f":{}}'])(
    "of nobody we know (%s) may mean anything",
    (text) => {
      expect(decodeMessage(text)).toEqual({ sender: "", lanes: [], finished: [], resync: true });
    },
  );

  it("of a later version is heard as far as it is understood", () => {
    expect(decodeMessage('{"s":"x","l":["a"],"new":{}}')).toMatchObject({ lanes: ["a"], resync: false });
  });
});
