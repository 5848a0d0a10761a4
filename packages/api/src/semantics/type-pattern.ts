/**
 * True when the type fits the pattern: `*` stands for exactly one dot-separated segment, `**` for any number of them
 * (also none), and everything else for itself, case-sensitive.
 */
export function matchesType(pattern: string, type: string): boolean {
  if (!pattern.includes("*")) return pattern === type;
  return fits(pattern.split("."), type.split("."));
}

/** True when the type fits one of the patterns, or when there are none. */
export function matchesTypes(patterns: readonly string[] | undefined, type: string): boolean {
  return patterns === undefined || patterns.some((pattern) => matchesType(pattern, type));
}

/** One row per pattern segment, so that a pattern of many `**` costs no more than its length times the type's. */
function fits(pattern: readonly string[], type: readonly string[]): boolean {
  let reachable = [true, ...type.map(() => false)];
  for (const segment of pattern) {
    const next = [segment === "**" && reachable[0] === true];
    type.forEach((name, i) => {
      const one = (segment === "*" || segment === name) && reachable[i] === true;
      next.push(segment === "**" ? reachable[i + 1] === true || next[i] === true : one);
    });
    reachable = next;
  }
  return reachable[type.length] === true;
}
