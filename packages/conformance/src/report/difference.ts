/** How many equal lines are shown around one that differs. */
const CONTEXT = 2;

/**
 * The lines of a difference as Node.js writes it, without its own heading and without what is equal far and wide: `+` is what
 * the adapter answered, `-` what the contract says.
 */
export function shownDifference(lines: readonly string[]): string[] {
  const [input, rest] = [lines.filter(isInput), lines.filter((line) => !isInput(line))];
  return [...changes(rest), ...input];
}

function changes(lines: readonly string[]): string[] {
  const body = lines.filter((line) => !HEADINGS.some((heading) => line.startsWith(heading)));
  const [, actual, expected] = /^(.+) !== (.+)$/.exec(body.find((line) => line !== "") ?? "") ?? [];
  if (expected !== undefined) return [`It answered ${actual}, where the contract says ${expected}.`];
  if (!body.some(isDifferent)) return body.filter((line, i) => line !== "" || (i > 0 && i < body.length - 1));
  const kept = body.map((_, i) => body.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(isDifferent));
  const shown = body.flatMap((line, i) => {
    if (kept[i]) return line === "" ? [] : [line];
    return i > 0 && kept[i - 1] ? ["  …"] : [];
  });
  return ["(+ what it answered, - what the contract says)", ...shown];
}

const HEADINGS = ["Expected values to be", "+ actual - expected"];

/** With which input a random case found it. */
function isInput(line: string): boolean {
  return line.startsWith("Found with ");
}

function isDifferent(line: string): boolean {
  return /^[+-](\s|$)/.test(line);
}
