import { expect, it } from "vitest";
import { parseResult } from "../src/parse-result.ts";
import { summarise } from "../src/statistics.ts";
import { measured, resultOf } from "./measured.ts";

const result = resultOf([measured(), measured({ metric: "wait", unit: "ms", samples: [summarise([1, 2])] })]);

it("reads what was written", () => {
  expect(parseResult(JSON.stringify(result), "a.json")).toEqual(result);
});

it.each(["", "{}", "[]", "null", '"anyqueue bench 1"'])("refuses %s", (text) => {
  expect(() => parseResult(text, "a.json")).toThrow("a.json is no result of this benchmark. Give");
});

it("says what another file says of itself", () => {
  expect(() => parseResult('{"format":"anyqueue bench 0"}', "a.json")).toThrow('It says that it is "anyqueue bench 0"');
});

it.each([
  { damage: { machine: undefined }, is: "machine" },
  { damage: { subjects: "none" }, is: "subjects" },
  { damage: { measurements: [measured(), { x: 1 }] }, is: "measurements[1]" },
  { damage: { measurements: [{ ...measured(), values: "x" }] }, is: "measurements[0]" },
  { damage: { measurements: [{ ...measured(), unit: "miles" }] }, is: "measurements[0]" },
  { damage: { measurements: [{ ...measured(), durability: "all" }] }, is: "measurements[0]" },
  { damage: { measurements: [{ ...measured(), kind: "ours" }] }, is: "measurements[0]" },
  { damage: { scenarios: [{ name: "latency", about: "", statistics: "p50" }] }, is: "scenarios[0]" },
])("names $is of a damaged file", ({ damage, is }) => {
  expect(() => parseResult(JSON.stringify({ ...result, ...damage }), "a.json")).toThrow(`a.json is damaged: ${is}`);
});
