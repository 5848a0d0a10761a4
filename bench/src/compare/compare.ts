import type { Measurement, Parameters, Statistic } from "../measurement.ts";
import type { BenchResult } from "../result.ts";
import { median } from "../statistics.ts";
import { parameterFigure } from "../tables/figure.ts";
import { outermost, percentilesOf } from "../tables/percentiles.ts";
import { Book, isValid, keyOf } from "../tables/relation.ts";
import { valuesOf } from "../tables/table-model.ts";
import { type Unit, traitsOf } from "../units.ts";
import { differencesOf } from "./differences.ts";
import { LEAST_VALUES, type Ratio, ratioOfMedians } from "./ratio.ts";

/** What may be said: `unclear` when 1 lies within the interval of the ratio, `unknown` when there are too few values. */
export type Verdict = "better" | "worse" | "unclear" | "unknown" | "changed";

/** One metric of one subject, in an earlier run and in this one. */
export interface ComparedRow {
  readonly scenario: string;
  readonly metric: string;
  readonly statistic?: Statistic;
  readonly unit: Unit;
  readonly parameters: Parameters;
  readonly subject: string;
  readonly before: number;
  readonly after: number;
  /** After to before; undefined where a value is zero. */
  readonly ratio?: Ratio;
  /** The same, divided by what became of the floor meanwhile: what is left when the machine is another or had a bad day. */
  readonly besideFloor?: Ratio;
  /** By `besideFloor` where there is a floor, else by `ratio`. */
  readonly verdict: Verdict;
}

export interface Comparison {
  readonly before: string;
  readonly after: string;
  /** In what the two runs differ besides the code. */
  readonly differences: readonly string[];
  readonly rows: readonly ComparedRow[];
  /** Measured, and valid, in only one of the runs, or with another durability. */
  readonly unmatched: number;
}

/** Sets two runs beside each other. */
export function compareResults(before: BenchResult, after: BenchResult): Comparison {
  const [earlier, later] = [before, after].map(({ measurements }) => new Book(measurements.filter(isValid))) as [
    Book,
    Book,
  ];
  const matched = after.measurements.filter(
    (each) => later.same(each) !== undefined && earlier.same(each)?.durability === each.durability,
  );
  const keys = new Set(matched.map(keyOf));
  const rows = matched.flatMap((measurement) => {
    const scenario = after.scenarios.find(({ name }) => name === measurement.scenario);
    const statistics = measurement.samples ? outermost(percentilesOf(scenario)) : [undefined];
    return statistics.map((statistic) => compared(measurement, statistic, earlier, later));
  });
  return {
    before: before.startedAt,
    after: after.startedAt,
    differences: differencesOf(before, after),
    rows,
    unmatched: [...before.measurements, ...after.measurements].filter((each) => !keys.has(keyOf(each))).length,
  };
}

function compared(now: Measurement, statistic: Statistic | undefined, earlier: Book, later: Book): ComparedRow {
  const then = earlier.same(now) ?? now;
  const [before, after] = [valuesOf(then, statistic), valuesOf(now, statistic)];
  const ratio = ratioOf([after], [before]);
  const [floorThen, floorNow] = [earlier.floorOf(then), later.floorOf(now)];
  const besideFloor =
    floorThen && floorNow && ratioOf([after, valuesOf(floorThen, statistic)], [before, valuesOf(floorNow, statistic)]);
  const best = besideFloor ?? ratio;
  const { scenario, metric, unit, parameters, subject } = now;
  return {
    scenario,
    metric,
    ...(statistic && { statistic }),
    unit,
    parameters,
    subject,
    before: median(before),
    after: median(after),
    ...(ratio && { ratio }),
    ...(besideFloor && { besideFloor }),
    verdict: best ? verdictOn(best, unit) : verdictWithoutRatio(before, after, unit),
  };
}

/** Undefined where there is none, since something is zero. */
function ratioOf(above: readonly (readonly number[])[], below: readonly (readonly number[])[]): Ratio | undefined {
  const isPositive = [...above, ...below].flat().every((value) => value > 0);
  return isPositive ? ratioOfMedians(above, below) : undefined;
}

/** Never certain with few repetitions on either side. */
export function verdictOn({ low, high }: Ratio, unit: Unit): Verdict {
  if (low === undefined || high === undefined) return "unknown";
  return low <= 1 && high >= 1 ? "unclear" : verdictOnChange(low > 1, unit);
}

/** A change is told only if all values of one run lie above all of the other's. */
function verdictWithoutRatio(before: readonly number[], after: readonly number[], unit: Unit): Verdict {
  if (Math.min(before.length, after.length) < LEAST_VALUES) return "unknown";
  const isHigher = Math.min(...after) > Math.max(...before);
  const isLower = Math.max(...after) < Math.min(...before);
  return isHigher || isLower ? verdictOnChange(isHigher, unit) : "unclear";
}

function verdictOnChange(isHigher: boolean, unit: Unit): Verdict {
  const { better } = traitsOf(unit);
  if (better === undefined) return "changed";
  return isHigher === (better === "higher") ? "better" : "worse";
}

/** Which metric of what. */
export function titleOf({ scenario, subject, metric, statistic, parameters }: ComparedRow): string {
  const where = Object.entries(parameters).map(([name, value]) => `${name} ${parameterFigure(value)}`);
  return [scenario, subject, ...where, [metric, statistic].filter(Boolean).join(" ")].join(" · ");
}
