const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];

/** A duration as a person says it: `350ms`, `4.2s`, `5m`, `3h 20m`, `2d 4h`. */
export function humanDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1).replace(/\.0$/, "")}s`;
  const at = UNITS.findIndex(([, size]) => ms >= size);
  const [unit, size] = UNITS[at] ?? ["s", 1000];
  const whole = Math.floor(ms / size);
  const [nextUnit, nextSize] = UNITS[at + 1] ?? ["", 0];
  const rest = nextSize === 0 || unit === "m" ? 0 : Math.floor((ms % size) / nextSize);
  return rest === 0 ? `${whole}${unit}` : `${whole}${unit} ${rest}${nextUnit}`;
}

/** A duration exactly, as options take it: `90s`, `1d`, `1500ms`. */
export function plainDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, unitSize]) => ms >= unitSize && ms % unitSize === 0) ?? ["ms", 1];
  return ms === 0 ? "0" : `${ms / size}${unit}`;
}

/** When something is, seen from now: `in 5m`, `now`, `3s ago`. */
export function fromNow(at: number, now: number): string {
  if (Math.abs(at - now) < 500) return "now";
  return at > now ? `in ${humanDuration(at - now)}` : `${humanDuration(now - at)} ago`;
}
