/** How much of a value a line of a history shows. */
const LONGEST = 72;

/** A value as short text: JSON without quotes around plain names, cut where it gets long. */
export function brief(value: unknown, longest = LONGEST): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  const plain = text.replaceAll(/"([A-Za-z_$][\w$]*)":/g, "$1: ").replaceAll(",", ", ");
  return plain.length <= longest ? plain : `${plain.slice(0, longest - 1)}…`;
}

/** A span of milliseconds as one would say it: `30 s`, `1.5 s`, `20 ms`, `2 h`. */
export function duration(ms: number): string {
  const size = Math.abs(ms);
  if (size > 0 && size < 1000) return `${round(ms)} ms`;
  if (size < 120_000) return `${round(ms / 1000)} s`;
  return size < 7_200_000 ? `${round(ms / 60_000)} min` : `${round(ms / 3_600_000)} h`;
}

/** A time as it lies to the beginning of the case: `+1.5 s`. */
export function moment(at: number, base: number): string {
  return at < base ? `−${duration(base - at)}` : `+${duration(at - base)}`;
}

/** The first few of a list, and how many more there are. */
export function listed(items: readonly string[], most = 8): string {
  const more = items.length - most;
  return more > 0 ? `${items.slice(0, most).join(", ")}, … ${more} more` : items.join(", ");
}

function round(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
