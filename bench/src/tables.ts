import type { Flatness } from "./flatness.ts";
import { scenarios } from "./scenarios.ts";
import { median } from "./statistics.ts";
import type { Subject } from "./subject.ts";

/** One run of one scenario on one subject. */
export interface Measurement {
  readonly subject: string;
  readonly scenario: string;
  readonly value: number;
}

/** Medians by subject and scenario, with the ratio to the subject's floor. */
export function throughputTable(subjects: readonly Subject[], measurements: readonly Measurement[]): string {
  const medianOf = (subject: string, scenario: string): number | undefined => {
    const values = measurements
      .filter((each) => each.subject === subject && each.scenario === scenario)
      .map(({ value }) => value);
    return values.length === 0 ? undefined : median(values);
  };
  const rows = subjects.map(({ name, durability, floor }) => [
    name,
    durability,
    ...scenarios.map(({ name: scenario, unit }) => {
      const value = medianOf(name, scenario);
      const below = floor === undefined ? undefined : medianOf(floor, scenario);
      if (value === undefined) return "–";
      if (unit === "ms") return `${value.toFixed(2)} ms`;
      return below === undefined ? rate(value) : `${rate(value)} (${(value / below).toFixed(2)})`;
    }),
  ]);
  return table(["subject", "survives", ...scenarios.map(({ name }) => name)], rows);
}

/** Rates over the size of the backlog. */
export function flatnessTable(subject: string, rows: readonly Flatness[]): string {
  const [first] = rows;
  return table(
    [`${subject}: waiting jobs`, "bulk add", "drain"],
    rows.map(({ backlog, add, drain }) => [
      backlog.toLocaleString("en"),
      `${rate(add)} (${(add / (first?.add ?? add)).toFixed(2)})`,
      `${rate(drain)} (${(drain / (first?.drain ?? drain)).toFixed(2)})`,
    ]),
  );
}

function rate(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  return [line(head), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}
