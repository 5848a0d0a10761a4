/** Type patterns as the claim tests them: names that must be equal, and regular expressions for a type with a dot behind it. */
export interface TypeFilter {
  readonly names: readonly string[];
  readonly patterns: readonly string[];
}

/** Type patterns in the server's terms: `*` is one dot-separated segment, `**` any number, all else is literal (P9). */
export function compileTypes(types: readonly string[]): TypeFilter {
  return {
    names: types.filter((type) => !type.includes("*")),
    patterns: types.filter((type) => type.includes("*")).map(toExpression),
  };
}

/** With a dot behind every segment, also the last one, "any number of segments" needs no special cases. */
function toExpression(pattern: string): string {
  const segments = pattern.split(".").map((segment) => {
    if (segment === "**") return String.raw`([^.]*\.)*`;
    if (segment === "*") return String.raw`[^.]*\.`;
    return String.raw`${segment.replaceAll(PUNCTUATION, "\\$&")}\.`;
  });
  return `^${segments.join("")}$`;
}

const PUNCTUATION = /[!-/:-@[-`{-~]/g;
