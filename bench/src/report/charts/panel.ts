import { byDurability } from "../../durability.ts";
import type { Kind, Measurement, Parameters } from "../../measurement.ts";
import type { ScenarioInfo } from "../../scenario.ts";
import { median } from "../../statistics.ts";
import { parameterFigure, SURVIVES } from "../../tables/figure.ts";
import { type Book, isValid } from "../../tables/relation.ts";
import { type Unit, traitsOf } from "../../units.ts";

/** One chart of bars: one metric in one case. */
export interface Panel {
  readonly title: string;
  readonly unit: Unit;
  /** What the length of a bar tells: the ratio to the reference of its group, or the value itself. */
  readonly scale: "ratio" | "value";
  readonly groups: readonly Group[];
}

/** Bars that may be compared with each other: the same durability and the same floor, or one subject by itself. */
export interface Group {
  readonly title: string;
  /** The value that is 1 on the scale of ratios. */
  readonly reference?: { readonly name: string; readonly value: number };
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  readonly kind: Kind | undefined;
  readonly batching: string;
  /** Undefined of an invalid run. */
  readonly value?: number;
  /** The least and the greatest of the repetitions, if there are several. */
  readonly range?: readonly [number, number];
}

/** The charts of a scenario that is drawn as bars, in the order of its cases. */
export function panelsOf(scenario: ScenarioInfo, measurements: readonly Measurement[], book: Book): Panel[] {
  const { baseline } = scenario;
  const byPanel = Map.groupBy(measurements, ({ metric, parameters }) =>
    JSON.stringify([metric, without(parameters, baseline?.parameter)]),
  );
  return [...byPanel.values()].map((members) =>
    baseline ? panelOfCases(members, baseline.parameter) : panelOfSubjects(members, book),
  );
}

/** A bar for each subject, beside its floor. */
function panelOfSubjects(members: readonly Measurement[], book: Book): Panel {
  const [{ metric, unit, parameters }] = members as [Measurement];
  const isRatio = traitsOf(unit).better === "higher" && members.some((each) => floorValue(each, book) !== undefined);
  // A floor is what the others are measured by; it has a bar of its own only beside another, or where no ratio is drawn.
  const shown = byDurability(members)
    .flatMap(([, all]) => all)
    .filter(({ kind }) => !(isRatio && kind === "floor"));
  const groups = Map.groupBy(shown, (each) => JSON.stringify([each.durability, isRatio ? each.floor : ""]));
  return {
    title: titleOf(metric, parameters),
    unit,
    scale: isRatio ? "ratio" : "value",
    groups: [...groups.values()].map((group) => {
      const [{ durability, floor }] = group as [Measurement];
      const value = group.map((each) => floorValue(each, book)).find((each) => each !== undefined);
      return {
        title: SURVIVES[durability],
        ...(isRatio && floor !== undefined && value !== undefined && { reference: { name: floor, value } }),
        bars: group.map((each) => barOf(each, each.subject)),
      };
    }),
  };
}

/** A bar for each value of the parameter, beside the first. */
function panelOfCases(members: readonly Measurement[], parameter: string): Panel {
  const [{ metric, unit, parameters }] = members as [Measurement];
  const first = members[0]?.parameters[parameter];
  return {
    title: titleOf(metric, without(parameters, parameter)),
    unit,
    scale: "ratio",
    groups: [...Map.groupBy(members, ({ subject }) => subject).values()].map((group) => {
      const [{ subject, durability }] = group as [Measurement];
      const reference = group.find((each) => each.parameters[parameter] === first && isValid(each));
      return {
        title: `${subject}, ${SURVIVES[durability]}`,
        ...(reference && { reference: { name: String(first), value: median(reference.values) } }),
        bars: group.map((each) => barOf(each, parameterFigure(each.parameters[parameter] ?? ""))),
      };
    }),
  };
}

function barOf(measurement: Measurement, label: string): Bar {
  const { kind, batching, values } = measurement;
  if (!isValid(measurement)) return { label, kind, batching };
  return {
    label,
    kind,
    batching,
    value: median(values),
    ...(values.length > 1 && { range: [Math.min(...values), Math.max(...values)] as const }),
  };
}

function floorValue(measurement: Measurement, book: Book): number | undefined {
  const floor = book.floorOf(measurement);
  return floor && isValid(floor) ? median(floor.values) : undefined;
}

/** What a chart is of: the metric, and in which case. */
export function titleOf(metric: string, parameters: Measurement["parameters"]): string {
  return [metric, ...Object.entries(parameters).map(([name, value]) => `${name} ${parameterFigure(value)}`)].join(
    " · ",
  );
}

/** All parameters but one. */
export function without(parameters: Parameters, left: string | undefined): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => name !== left));
}
