/** What is measured, and which direction is good; where there is none, the value only tells what happened. */
interface UnitTraits {
  readonly better?: "higher" | "lower";
  /** How many digits after the point tell something. */
  readonly digits: number;
}

const units = {
  "jobs/s": { better: "higher", digits: 0 },
  "calls/s": { better: "higher", digits: 0 },
  "×": { better: "higher", digits: 2 },
  ms: { better: "lower", digits: 2 },
  µs: { better: "lower", digits: 1 },
  MB: { better: "lower", digits: 1 },
  "bytes/job": { better: "lower", digits: 0 },
  "statements/job": { better: "lower", digits: 3 },
  "rows/job": { better: "lower", digits: 2 },
  "statements/min": { better: "lower", digits: 1 },
  "bytes/min": { better: "lower", digits: 0 },
  "CPU ms/min": { better: "lower", digits: 0 },
  count: { digits: 0 },
} as const satisfies Readonly<Record<string, UnitTraits>>;

/** The units that measurements come in. */
export type Unit = keyof typeof units;

export function isUnit(value: unknown): value is Unit {
  return typeof value === "string" && Object.hasOwn(units, value);
}

export function traitsOf(unit: Unit): UnitTraits {
  return units[unit];
}
