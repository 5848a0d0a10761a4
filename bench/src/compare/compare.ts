import type { Measurement, Parameters, Statistic } from "../measurement.ts";
import type { BenchResult } from "../result.ts";
import { median } from "../statistics.ts";
import { parameterFigure } from "../tables/figure.ts";
import { Book, isValid, keyOf } from "../tables/relation.ts";
import { valuesOf } from "../tables/table-model.ts";
import { type Unit, traitsOf } from "../units.ts";
import { type Ratio, ratioOfMedians } from "./ratio.ts";

/** What may be said of a ratio: `unclear` when 1 lies within its interval, `unknown` when there is none. */
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
  /** After to before. */
  readonly ratio: Ratio;
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
  /** Measured, and valid, in only one of the runs. */
  readonly unmatched: number;
}

/** Sets two runs beside each other. */
export function compareResults(before: BenchResult, after: BenchResult): Comparison {
  const [earlier, later] = [before, after].map(
    ({ measurements }) => new Book(measurements.filter((each) => isValid(each) && isPositive(each))),
  ) as [Book, Book];
  const matched = after.measurements.filter(
    (each) => later.same(each) !== undefined && earlier.same(each) !== undefined,
  );
  const keys = new Set(matched.map(keyOf));
  const rows = matched.flatMap((measurement) => {
    const statistics: readonly (Statistic | undefined)[] = measurement.samples ? ["p50", "p99"] : [undefined];
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
  const ratio = ratioOfMedians([after], [before]);
  const [floorThen, floorNow] = [earlier.floorOf(then), later.floorOf(now)];
  const besideFloor =
    floorThen && floorNow
      ? ratioOfMedians([after, valuesOf(floorThen, statistic)], [before, valuesOf(floorNow, statistic)])
      : undefined;
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
    ratio,
    ...(besideFloor && { besideFloor }),
    verdict: verdictOn(besideFloor ?? ratio, unit),
  };
}

/** Never certain with one repetition on either side. */
export function verdictOn({ low, high }: Ratio, unit: Unit): Verdict {
  if (low === undefined || high === undefined) return "unknown";
  if (low <= 1 && high >= 1) return "unclear";
  const { better } = traitsOf(unit);
  if (better === undefined) return "changed";
  return high < 1 === (better === "lower") ? "better" : "worse";
}

/** Which metric of what. */
export function titleOf({ scenario, subject, metric, statistic, parameters }: ComparedRow): string {
  const where = Object.entries(parameters).map(([name, value]) => `${name} ${parameterFigure(value)}`);
  return [scenario, subject, ...where, [metric, statistic].filter(Boolean).join(" ")].join(" · ");
}

/** A ratio and its logarithm exist. */
function isPositive({ values }: Measurement): boolean {
  return values.every((value) => value > 0);
}

function differencesOf(before: BenchResult, after: BenchResult): string[] {
  const [old, now] = [before, after].map(({ machine, plan, subjects }) =>
    flat({
      machine,
      plan,
      subjects: Object.fromEntries(
        subjects.map(({ name, durability, batching, configuration }) => [
          name,
          { durability, batching, configuration },
        ]),
      ),
    }),
  ) as [Map<string, string>, Map<string, string>];
  return [...now]
    .filter(([path, value]) => old.has(path) && old.get(path) !== value)
    .map(([path, value]) => `${path}: ${old.get(path)} → ${value}`);
}

/** `{ a: { b: 1 } }` as `a b` → `1`. */
function flat(value: object, path = ""): Map<string, string> {
  return new Map(
    Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
      const here = path === "" ? name : `${path} ${name}`;
      if (inner === undefined) return [];
      return typeof inner === "object" && inner !== null
        ? [...flat(inner, here)]
        : [[here, JSON.stringify(inner)] as const];
    }),
  );
}
