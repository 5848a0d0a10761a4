import { expect, it } from "vitest";
import { summarise } from "../src/statistics.ts";
import { invalidLines } from "../src/result-text.ts";
import { figure, parameterFigure, ratioFigure } from "../src/tables/figure.ts";
import { Book } from "../src/tables/relation.ts";
import { tableOf } from "../src/tables/table-model.ts";
import { tableText } from "../src/tables/table-text.ts";
import { measured } from "./measured.ts";

const SCENARIO = { name: "throughput", about: "jobs per second" };

it.each([
  { value: 12_345.6, unit: "jobs/s", text: "12,346" },
  { value: 0.2412, unit: "ms", text: "0.24" },
  { value: 0.00312, unit: "ms", text: "0.0031" },
  { value: 145.67, unit: "ms", text: "145.7" },
  { value: 1.0004, unit: "statements/job", text: "1.000" },
] as const)("writes $value $unit as $text", ({ value, unit, text }) => {
  expect(figure(value, unit)).toBe(text);
});

it("writes a ratio with the digits that matter", () => {
  expect([0.00042, 0.0161, 0.913, 12.44, 130.2].map(ratioFigure)).toEqual(["0.0004", "0.016", "0.91", "12.4", "130"]);
  expect([1000, 0.5, "mixed"].map(parameterFigure)).toEqual(["1,000", "0.500", "mixed"]);
});

it("sets a value beside its floor, with its spread", () => {
  const floor = measured({ subject: "floor sqlite FULL", values: [200, 220, 240] });
  const ours = measured({ floor: "floor sqlite FULL" });
  const text = tableText(tableOf(SCENARIO, [floor, ours], new Book([floor, ours])));
  expect(text).toContain("survives a loss of power");
  expect(text).toMatch(/anyqueue sqlite FULL +adds merged +110 \(0\.50\) ±9 %/);
});

it("tells under a column what its case lets travel together, and beside a subject what it makes of the others", () => {
  const [alone, free] = [
    measured({ metric: "add", batching: "one at a time", batchedBy: "case" }),
    measured({ metric: "add×50" }),
  ];
  const { columns, groups } = tableOf(SCENARIO, [alone, free], new Book([alone, free]));
  expect(columns.map(({ title, batching }) => [title, batching])).toEqual([
    ["add", "one at a time"],
    ["add×50", undefined],
  ]);
  expect(groups[0]?.rows.map(({ batching }) => batching)).toEqual(["adds merged"]);
  const [titles = "", under = ""] = tableText({ columns, groups, parameters: [] }).split("\n");
  expect(titles).toContain("together");
  expect(under.trim()).toBe("one at a time");
});

it("tells beside a row what its case lets travel together where the cases are rows", () => {
  const rows = [
    measured({ parameters: { callers: 1 }, batching: "one at a time", batchedBy: "case" }),
    measured({ parameters: { callers: 50 }, batching: "calls merged", batchedBy: "case" }),
  ];
  const { columns, groups } = tableOf(SCENARIO, rows, new Book(rows));
  expect(columns.map(({ batching }) => batching)).toEqual([undefined]);
  expect(groups[0]?.rows.map(({ batching }) => batching)).toEqual(["one at a time", "calls merged"]);
  const same = tableOf(SCENARIO, rows.slice(0, 1), new Book(rows));
  expect(same.columns.map(({ batching }) => batching)).toEqual([undefined]);
  expect(same.groups[0]?.rows.map(({ batching }) => batching)).toEqual(["one at a time"]);
});

it("never relates a value to a floor of another durability, or to one that is invalid", () => {
  const weaker = measured({ subject: "floor sqlite", durability: "crash" });
  const invalid = measured({ subject: "floor broken", invalid: ["1 were lost"] });
  const ours = [measured({ floor: "floor sqlite" }), measured({ subject: "anyqueue other", floor: "floor broken" })];
  const book = new Book([weaker, invalid, ...ours]);
  const { groups } = tableOf(SCENARIO, [weaker, invalid, ...ours], book);
  const ratios = groups.flatMap(({ rows }) =>
    rows.map(({ cells: [cell] }) => typeof cell === "object" && "ratio" in cell),
  );
  expect(ratios).toEqual([false, false, false, false]);
});

it("keeps apart what survives more and what survives less, the safest first", () => {
  const all = (["none", "crash", "power-loss"] as const).map((durability) =>
    measured({ subject: durability, durability }),
  );
  const { groups } = tableOf(SCENARIO, all, new Book(all));
  expect(groups.map(({ rows }) => rows.map(({ subject }) => subject))).toEqual([["power-loss"], ["crash"], ["none"]]);
});

it("shows no figure of a measurement of which any run was invalid", () => {
  const all = [measured({ values: [100, 110], invalid: ["of 10 jobs 1 were lost"] })];
  const text = tableText(tableOf(SCENARIO, all, new Book(all)));
  expect(text).toContain("INVALID");
  expect(text).not.toContain("105");
});

it("relates the values of a parameter to its first, subject by subject", () => {
  const all = [1000, 10_000].flatMap((waiting) =>
    ["one", "two"].map((subject) =>
      measured({ subject, parameters: { waiting }, values: [waiting === 1000 ? 100 : 80] }),
    ),
  );
  const scenario = { ...SCENARIO, baseline: { parameter: "waiting" } };
  const [group] = tableOf(scenario, all, new Book(all)).groups;
  expect(group?.rows.map(({ subject, parameters, cells }) => [subject, ...parameters, cells[0]])).toEqual([
    ["one", "1,000", { unit: "jobs/s", value: 100 }],
    ["one", "10,000", { unit: "jobs/s", value: 80, ratio: 0.8 }],
    ["two", "1,000", { unit: "jobs/s", value: 100 }],
    ["two", "10,000", { unit: "jobs/s", value: 80, ratio: 0.8 }],
  ]);
});

it("gives each sampled metric a row and each quantile a column", () => {
  const samples = [summarise([1, 2, 3])];
  const all = ["same process", "other process"].map((metric) => measured({ metric, unit: "ms", values: [2], samples }));
  const table = tableOf(SCENARIO, all, new Book(all));
  expect(table.columns.map(({ title }) => title)).toEqual(["p50", "p95", "p99", "max"]);
  expect(table.groups[0]?.rows.map(({ parameters }) => parameters)).toEqual([["same process"], ["other process"]]);
});

it("tells of a run that does not count once, whatever was measured in it", () => {
  const invalid = ["1 were lost"];
  const lines = invalidLines([
    measured({ metric: "bulk add", parameters: { waiting: 1000 }, invalid }),
    measured({ metric: "drain", parameters: { waiting: 1000 }, invalid }),
    measured({ metric: "drain", parameters: { waiting: 10 } }),
  ]);
  expect(lines).toEqual(["throughput, anyqueue sqlite FULL, waiting 1,000, bulk add and drain: 1 were lost"]);
});
