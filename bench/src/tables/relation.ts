import type { Measurement } from "../measurement.ts";
import type { ScenarioInfo } from "../scenario.ts";

/** Looks up measurements by what they are of. */
export class Book {
  readonly #measurements: readonly Measurement[];
  readonly #byKey: ReadonlyMap<string, Measurement>;

  constructor(measurements: readonly Measurement[]) {
    this.#measurements = measurements;
    this.#byKey = new Map(measurements.map((each) => [keyOf(each), each]));
  }

  /** The one of the same subject in the same case. */
  same(measurement: Measurement): Measurement | undefined {
    return this.#byKey.get(keyOf(measurement));
  }

  /** The one of its floor in the same case; only if it is as durable. */
  floorOf(measurement: Measurement): Measurement | undefined {
    if (measurement.floor === undefined) return undefined;
    const floor = this.#byKey.get(keyOf({ ...measurement, subject: measurement.floor }));
    return floor?.durability === measurement.durability ? floor : undefined;
  }

  /** What a value is set in relation to, if that is something else than itself. */
  baselineOf(measurement: Measurement, { baseline }: ScenarioInfo): Measurement | undefined {
    if (baseline === undefined) return this.floorOf(measurement);
    const { parameter } = baseline;
    const first = this.#measurements.find(
      (each) => each.scenario === measurement.scenario && each.parameters[parameter] !== undefined,
    )?.parameters[parameter];
    if (first === undefined || measurement.parameters[parameter] === first) return undefined;
    return this.#byKey.get(keyOf({ ...measurement, parameters: { ...measurement.parameters, [parameter]: first } }));
  }
}

/** A measurement that counts: no repetition of it was invalid. */
export function isValid({ values, invalid }: Measurement): boolean {
  return values.length > 0 && invalid.length === 0;
}

/** The same for two measurements exactly if they are of the same thing. */
export function keyOf({ scenario, metric, parameters, subject }: Measurement): string {
  return JSON.stringify([
    scenario,
    metric,
    Object.entries(parameters).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    subject,
  ]);
}
