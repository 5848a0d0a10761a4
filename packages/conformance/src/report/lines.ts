import { printable } from "../printable.ts";

/** A text without the colours that an assertion may have put into it, line by line. */
export function printableLines(text: string): string[] {
  return stripColours(text).split("\n").map(printable);
}

function stripColours(text: string): string {
  // oxlint-disable-next-line no-control-regex -- that is what colours are made of
  return text.replaceAll(/\u001b\[[\d;]*m/g, "");
}

/** A line cut to a width, or as it is where there is none. */
export function cut(line: string, width: number | undefined): string {
  return width === undefined || line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** A line as several of at most this width, broken between words; those that follow begin further in, so much as `hang` says. */
export function wrapped(line: string, width: number | undefined, indent: number, hang = 4): string[] {
  if (width === undefined) return [" ".repeat(indent) + line];
  const lines: string[] = [];
  let rest = line;
  let before = indent;
  while (rest.length > Math.max(20, width - before)) {
    const room = Math.max(20, width - before);
    const space = rest.lastIndexOf(" ", room);
    const end = space > room / 2 ? space : room;
    lines.push(" ".repeat(before) + rest.slice(0, end));
    rest = rest.slice(end).trimStart();
    before = indent + hang;
  }
  return [...lines, " ".repeat(before) + rest];
}
