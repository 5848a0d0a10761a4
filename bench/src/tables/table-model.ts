import { byDurability } from "../durability.ts";
import type { Durability, Measurement, Statistic } from "../measurement.ts";
import type { ScenarioInfo } from "../scenario.ts";
import { median, spread } from "../statistics.ts";
import type { Unit } from "../units.ts";
import { parameterFigure } from "./figure.ts";
import { STATISTICS } from "./percentiles.ts";
import { type Book, isValid } from "./relation.ts";

/** One value in a table, not yet written in any way. */
export interface Cell {
  readonly unit: Unit;
  readonly value: number;
  /** How far the repetitions lie from it at most; undefined of one repetition. */
  readonly spread?: number;
  /** To the floor, or to the first value of a parameter. */
  readonly ratio?: number;
}

/** Where there is no value: because it was not measured, or because a run lost a job or ran one twice. */
export type NoCell = "missing" | "invalid";

interface Row {
  readonly subject: string;
  /** What travels together where no column says otherwise. */
  readonly batching: string;
  readonly parameters: readonly string[];
  readonly cells: readonly (Cell | NoCell)[];
}

/** A table for people, on a terminal as on a page. */
export interface TableModel {
  /** The unit of all cells, if they have the same. */
  readonly unit?: Unit;
  readonly parameters: readonly string[];
  readonly columns: readonly Column[];
  readonly groups: readonly { readonly durability: Durability; readonly rows: readonly Row[] }[];
}

interface Column {
  readonly title: string;
  readonly unit: Unit;
  /** Undefined where each row is of one metric. */
  readonly metric?: string;
  readonly statistic?: Statistic;
  /** What travels together in the whole column, whatever the subjects could. */
  readonly batching?: string;
}

/** The table of one scenario: a row for each subject in each case, a column for each metric. */
export function tableOf(scenario: ScenarioInfo, measurements: readonly Measurement[], book: Book): TableModel {
  const ofScenario = measurements.filter((each) => each.scenario === scenario.name);
  const layout = layoutOf(scenario, ofScenario);
  const units = new Set(layout.columns.map(({ unit }) => unit));
  const [unit] = units;
  return {
    ...(units.size === 1 && unit !== undefined && { unit }),
    parameters: layout.places.map(({ title }) => title),
    columns: layout.columns,
    groups: byDurability(ofScenario).map(([durability, members]) => ({
      durability,
      rows: rowsOf(members, { ...layout, scenario, book }),
    })),
  };
}

/** What tells rows apart besides their subjects, and what the columns are. */
interface Layout {
  readonly places: readonly { readonly title: string; of(measurement: Measurement): string | number }[];
  readonly columns: readonly Column[];
}

function layoutOf({ statistics = STATISTICS }: ScenarioInfo, measurements: readonly Measurement[]): Layout {
  const sampled = new Set(measurements.filter(({ samples }) => samples !== undefined).map(({ metric }) => metric));
  const units = new Map(measurements.map(({ metric, unit }) => [metric, unit]));
  const places = [...new Set(measurements.flatMap((each) => Object.keys(each.parameters)))].map((title) => ({
    title,
    of: ({ parameters }: Measurement) => parameters[title] ?? "",
  }));
  const [unit] = units.values();
  // Where all is sampled, each metric has a row of its own, or the columns would be too many.
  if (unit !== undefined && units.size > 1 && sampled.size === units.size) {
    return {
      places: [{ title: "metric", of: ({ metric }) => metric }, ...places],
      columns: statistics.map((statistic) => ({ title: statistic, unit, statistic })),
    };
  }
  const byMetric = Map.groupBy(measurements, ({ metric }) => metric);
  const batchings = new Map([...byMetric].map(([metric, all]) => [metric, commonBatching(all)] as const));
  // What is the same in all columns stands beside the rows.
  const isMixed = new Set(batchings.values()).size > 1;
  const columns = [...units].flatMap(([metric, own]): Column[] => {
    const batching = isMixed ? batchings.get(metric) : undefined;
    const column = { unit: own, metric, ...(batching !== undefined && { batching }) };
    return sampled.has(metric)
      ? statistics.map((statistic) => ({
          ...column,
          title: units.size === 1 ? statistic : `${metric} ${statistic}`,
          statistic,
        }))
      : [{ ...column, title: metric }];
  });
  return { places, columns };
}

/** What travels together in all of these, if their cases decide it and say the same. */
function commonBatching(measurements: readonly Measurement[]): string | undefined {
  const [first] = measurements;
  const isCommon = measurements.every((each) => each.batchedBy === "case" && each.batching === first?.batching);
  return isCommon ? first?.batching : undefined;
}

interface Context extends Layout {
  readonly scenario: ScenarioInfo;
  readonly book: Book;
}

function rowsOf(measurements: readonly Measurement[], { scenario, places, columns, book }: Context): Row[] {
  const placeOf = (measurement: Measurement): string => JSON.stringify(places.map((place) => place.of(measurement)));
  // What is to be compared stands together: subjects in the same case or, if a parameter is looked at, its values.
  const outer = (each: Measurement): string => (scenario.baseline ? each.subject : placeOf(each));
  const order = [...new Set(measurements.map(outer))];
  const ordered = measurements.toSorted((a, b) => order.indexOf(outer(a)) - order.indexOf(outer(b)));
  return [...Map.groupBy(ordered, (each) => `${each.subject} ${placeOf(each)}`).values()].map((row) => {
    const [first] = row as [Measurement];
    return {
      subject: first.subject,
      batching: (row.find(({ batchedBy }) => batchedBy === undefined) ?? first).batching,
      parameters: places.map((place) => parameterFigure(place.of(first))),
      cells: columns.map(({ metric = first.metric, statistic }) => {
        const found = row.find((each) => each.metric === metric);
        return found === undefined ? "missing" : cellOf(found, statistic, book.baselineOf(found, scenario));
      }),
    };
  });
}

/** What a cell says of a measurement, set in relation to another where that counts too. */
function cellOf(
  measurement: Measurement,
  statistic: Statistic | undefined,
  baseline: Measurement | undefined,
): Cell | NoCell {
  if (measurement.invalid.length > 0) return "invalid";
  const values = valuesOf(measurement, statistic);
  if (values.length === 0) return "missing";
  const value = median(values);
  const other = baseline && isValid(baseline) ? median(valuesOf(baseline, statistic)) : 0;
  return {
    unit: measurement.unit,
    value,
    ...(values.length > 1 && { spread: spread(values) }),
    ...(other > 0 && { ratio: value / other }),
  };
}

/** One value for each repetition. */
export function valuesOf({ values, samples }: Measurement, statistic: Statistic | undefined): readonly number[] {
  return statistic === undefined ? values : (samples ?? []).map((each) => each[statistic]);
}
