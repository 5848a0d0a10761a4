import { describe, expect, it } from "vitest";
import { explain } from "../src/explain.ts";
import type { Call } from "../src/history/call.ts";
import { Counterexample } from "../src/history/counterexample.ts";

/** A read of a job that was answered with null. */
function get(id: string, at: number, client = "a"): Call {
  return { client, verb: "get", request: [[id]], begin: at, end: at + 1, answer: [null] };
}

const broken = new Error("Broken.");

describe("explaining a failure", () => {
  it("shows the last twelve calls, and how many were before", () => {
    const { history } = explain(
      broken,
      Array.from({ length: 20 }, (_, i) => get(`main:${i}`, i)),
    );
    expect(history).toEqual(["… 8 calls before", ...Array.from({ length: 12 }, (_, i) => `get main:${i + 8} → null`)]);
  });

  it("shows calls that are alike, and come one after the other, once", () => {
    const calls = [get("main:1", 0), ...Array.from({ length: 30 }, (_, i) => get("main:2", i + 1)), get("main:1", 50)];
    expect(explain(broken, calls).history).toEqual([
      "get main:1 → null",
      "get main:2 → null (30 times)",
      "get main:1 → null",
    ]);
  });

  it("says who called where there are several", () => {
    const { history } = explain(broken, [get("main:1", 0), get("main:1", 1, "b")]);
    expect(history).toEqual(["a: get main:1 → null", "b: get main:1 → null"]);
  });

  it("gives ids that the queue made short names", () => {
    const made = "default:01a20323-01dd-7000-abd0-54529c9f5e43";
    const other = "default:01a20323-01dd-7001-b5ca-868a09a813f9";
    const { history } = explain(broken, [get(made, 0), get(other, 1), get(made, 2)]);
    expect(history).toEqual(["get default:#1 → null", "get default:#2 → null", "get default:#1 → null"]);
  });

  it("names the verb that threw, and says when an answer has no form at all", () => {
    const call: Call = { ...get("main:1", 0), error: "no disk" };
    expect(explain(new Error("no disk"), [call]).message).toBe("`get` threw no disk");
    expect(explain(new TypeError("x is not iterable"), []).message).toBe(
      "An answer does not have the form that the contract says (x is not iterable).",
    );
  });

  it("takes a counterexample as it is", () => {
    const found = new Counterexample("Broken.", ["one call"], "model:storing:7");
    expect(explain(found, [get("main:1", 0)])).toEqual({
      message: "Broken.",
      history: ["one call"],
      replay: "model:storing:7",
    });
  });
});
