import { closest, distance } from "fastest-levenshtein";

/** The known name that is most like this one, if any is like it at all. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = known.map((item) => item.toLowerCase());
  const best = closest(name.toLowerCase(), lower);
  if (distance(name.toLowerCase(), best) > Math.max(2, name.length / 3)) return undefined;
  return known[lower.indexOf(best)];
}

/** `Did you mean …?`, or else which names there are. */
export function suggest(name: string, known: readonly string[]): string {
  const best = nearest(name, known);
  return best === undefined ? `Known are ${known.join(", ")}.` : `Did you mean \`${best}\`?`;
}
