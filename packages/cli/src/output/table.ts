/** Columns under their titles, as wide as needed; numbers stand right-aligned. */
export function table(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === "number" ? withThousands(cell) : cell)));
  const isNumeric = titles.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === "number"));
  const widths = titles.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (isNumeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(titles), ...cells.map(line)].join("\n");
}

/** Names and values, one pair a line. */
export function pairs(rows: readonly (readonly [name: string, value: string | number])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows
    .map(([name, value]) => `${name.padEnd(width)}  ${typeof value === "number" ? withThousands(value) : value}`)
    .join("\n");
}

/** `1 job`, `2,000 jobs`. */
export function countOf(count: number, noun: string): string {
  return `${withThousands(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `1234567` as `1,234,567`. */
export function withThousands(value: number): string {
  return value.toLocaleString("en-US");
}
