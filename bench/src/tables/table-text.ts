import { figure, ratioFigure, spreadFigure, SURVIVES } from "./figure.ts";
import type { Cell, NoCell, TableModel } from "./table-model.ts";

/** A table as plain text in columns, with a heading for each durability; under a column's title what travels together in it. */
export function tableText({ unit, parameters, columns, groups }: TableModel): string {
  const head = [
    "subject",
    ...parameters,
    "together",
    ...columns.map(({ title, unit: own }) => (unit === undefined ? `${title}, ${own}` : title)),
  ];
  const batchings = ["", ...parameters.map(() => ""), "", ...columns.map(({ batching = "" }) => batching)];
  const bodies = groups.map(({ durability, rows }) => ({
    title: SURVIVES[durability],
    rows: rows.map((row) => [`  ${row.subject}`, ...row.parameters, row.batching, ...row.cells.map(cellText)]),
  }));
  const heads = batchings.some((batching) => batching !== "") ? [head, batchings] : [head];
  const lines = [...heads, ...bodies.flatMap(({ rows }) => rows)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const lefts = parameters.length + 2;
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, n) => (n < lefts ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)))
      .join("  ")
      .trimEnd();
  return [
    ...heads.map(line),
    widths.map((width) => "─".repeat(width)).join("──"),
    ...bodies.flatMap(({ title, rows }) => [title, ...rows.map(line)]),
  ].join("\n");
}

function cellText(cell: Cell | NoCell): string {
  if (cell === "missing") return "–";
  if (cell === "invalid") return "INVALID";
  const ratio = cell.ratio === undefined ? "" : ` (${ratioFigure(cell.ratio)})`;
  const spread = cell.spread === undefined ? "" : ` ${spreadFigure(cell.spread)}`;
  return `${figure(cell.value, cell.unit)}${ratio}${spread}`;
}
