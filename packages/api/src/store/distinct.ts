import type { Change } from "../contract/change.ts";

/** True when no id comes twice; nearly always so. */
export function isDistinct(changes: readonly Change[]): boolean {
  return changes.length < 2 || new Set(changes.map(({ id }) => id)).size === changes.length;
}

/** Splits changes so that no id comes twice in one call to the adapter. */
export function distinctRuns(changes: readonly Change[]): (readonly Change[])[] {
  const runs: Change[][] = [];
  let seen = new Set<string>();
  for (const change of changes) {
    if (runs.length === 0 || seen.has(change.id)) {
      runs.push([]);
      seen = new Set();
    }
    seen.add(change.id);
    runs.at(-1)?.push(change);
  }
  return runs;
}
