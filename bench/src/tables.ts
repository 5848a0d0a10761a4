/** Rows in columns, the first aligned to the left. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  return [line(head), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

export function rate(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** A rate with its ratio to another, where there is one. */
export function rateBeside(value: number | undefined, other: number | undefined): string {
  if (value === undefined) return "–";
  return other === undefined ? rate(value) : `${rate(value)} (${(value / other).toFixed(2)})`;
}

export function milliseconds(value: number | undefined): string {
  return value === undefined ? "–" : `${value.toFixed(2)} ms`;
}
