import { describeError, ERROR_BOUNDS } from "@anyqueue/api";
import { describe, expect, it } from "vitest";

const messageOf = (thrown: unknown): string => describeError(thrown, 1, 0).message;

describe("describeError", () => {
  it("P16 keeps message, code, stack, attempt and time", () => {
    const error = Object.assign(new Error("no"), { code: "E_NO" });

    expect(describeError(error, 2, 5)).toEqual({ message: "no", code: "E_NO", stack: error.stack, attempt: 2, at: 5 });
    expect(describeError(Object.assign(new Error("no"), { code: 404 }), 1, 0).code).toBe("404");
    expect(describeError(Object.assign(new Error("no"), { code: {} }), 1, 0).code).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ["a string", "no", "no"],
    ["an empty string", "", ""],
    ["undefined", undefined, "undefined was thrown."],
    ["null", null, "null was thrown."],
    ["a number", NaN, "NaN was thrown."],
    ["a bigint", 7n, "7 was thrown."],
    ["a symbol", Symbol("s"), "Symbol(s) was thrown."],
    ["a function", () => 1, "A function was thrown."],
    ["an object", { reason: "no" }, '{"reason":"no"}'],
    ["an object with a message", { message: "no" }, "no"],
    ["an error without a message", new TypeError(), "TypeError"],
    ["an error of several", new AggregateError([new Error("a")]), "AggregateError"],
  ])("P16 makes something readable of %s", (_, thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });

  it("P16 survives getters, proxies and conversions that throw", () => {
    const boom = (): never => {
      throw new Error("boom");
    };
    const getter = Object.defineProperties(new Error("x"), {
      message: { get: boom },
      stack: { get: boom },
      code: { get: boom },
      cause: { get: boom },
      name: { get: boom },
    });
    const proxy: unknown = new Proxy({}, { get: boom, ownKeys: boom, getPrototypeOf: boom });

    expect(typeof messageOf(getter)).toBe("string");
    expect(messageOf(proxy)).toBe("A value was thrown that cannot be shown.");
    expect(messageOf({ toJSON: boom })).toBe("A value was thrown that cannot be shown.");
  });

  it("P16 names the cause in the stack, also one that is no error, and one that is its own cause", () => {
    const cause = new Error("deeper");
    const loop = new Error("loop");
    loop.cause = loop;

    expect(describeError(new Error("no", { cause }), 1, 0).stack).toContain("Caused by: Error: deeper");
    expect(describeError(new Error("no", { cause: "text" }), 1, 0).stack).toContain("Caused by: text");
    expect(describeError(loop, 1, 0).stack).toContain("Caused by: Error: loop");
  });

  it("P16 keeps errors within bounds, and storable", () => {
    const error = new Error("😀".repeat(10_000));
    error.stack = "s".repeat(100_000);
    const { message, stack, code } = describeError(Object.assign(error, { code: "c".repeat(1000) }), 1, 0);

    expect(message.length).toBeLessThanOrEqual(ERROR_BOUNDS.message);
    expect(message.isWellFormed()).toBe(true);
    expect(message.endsWith("…")).toBe(true);
    expect(stack).toHaveLength(ERROR_BOUNDS.stack);
    expect(code).toHaveLength(ERROR_BOUNDS.code);
    expect(messageOf("a\0b\ud800")).toBe("a\u2400b\ufffd");
  });
});
