import { byDurability } from "../../durability.ts";
import { addUp, type Buckets, middleOf } from "../../histogram.ts";
import type { Measurement } from "../../measurement.ts";
import { median } from "../../statistics.ts";
import { figure, SURVIVES, together } from "../../tables/figure.ts";
import { outermost, type Percentile } from "../../tables/percentiles.ts";
import { isValid } from "../../tables/relation.ts";
import { valuesOf } from "../../tables/table-model.ts";
import { colourOf } from "../palette.ts";
import type { Plotting } from "../plotting.ts";
import { LEFT, RIGHT } from "./anchors.ts";
import { cut } from "./cut.ts";
import { decades } from "./decades.ts";
import { titleOf } from "./panel.ts";

const WIDTH = 400;
const ROW = 62;
const HEADING = 30;
const HILL = 22;
const BINS = 72;
/** Of a name and its figures together. */
const CHARACTERS = 54;

interface Row {
  readonly measurement: Measurement;
  /** The line on which the hill stands. */
  readonly y: number;
  readonly text: string;
}

/** How the samples of one metric are distributed: a hill for each subject, on one logarithmic axis. */
export function distributionChart(
  members: readonly Measurement[],
  percentiles: readonly Percentile[],
  { Plot, draw }: Plotting,
): string {
  const [{ metric, parameters, unit }] = members as [Measurement];
  const { rows, headings, height } = layout(members, percentiles);
  const valid = rows.filter(({ measurement }) => isValid(measurement));
  const domain = domainOf(valid.map(({ measurement }) => measurement));
  const marks = valid.flatMap(({ measurement, y }) =>
    percentiles.map((name) => ({
      name,
      y,
      x: median(valuesOf(measurement, name)),
      colour: colourOf(measurement.kind),
    })),
  );
  const hills = valid.flatMap(({ measurement, y }) =>
    hillOf(measurement, domain).map((point) => ({
      ...point,
      y,
      subject: measurement.subject,
      colour: colourOf(measurement.kind),
    })),
  );
  return draw(
    {
      width: WIDTH,
      height,
      marginLeft: 6,
      marginRight: 6,
      marginTop: 4,
      marginBottom: 34,
      x: { type: "log", domain, label: `${unit}, logarithmic`, tickSize: 3, ticks: decades(domain), tickFormat: tick },
      y: { type: "identity", axis: null },
      color: { type: "identity" },
      style: { fontSize: "12px" },
      marks: [
        Plot.gridX({ stroke: "var(--line)", strokeOpacity: 1, ticks: decades(domain) }),
        Plot.text(headings, { ...LEFT, y: "y", text: "title", fill: "var(--muted)", fontSize: 10.5 }),
        Plot.text(rows, {
          ...LEFT,
          y: (d: Row) => d.y - HILL - 21,
          text: (d: Row) => cut(d.measurement.subject, CHARACTERS - d.text.length),
          fill: "var(--ink)",
          stroke: "var(--card)",
          strokeWidth: 3,
        }),
        Plot.text(rows, {
          ...RIGHT,
          y: (d: Row) => d.y - HILL - 21,
          text: "text",
          fill: (d: Row) => (isValid(d.measurement) ? "var(--ink)" : "var(--bad)"),
          fontVariant: "tabular-nums",
          stroke: "var(--card)",
          strokeWidth: 3,
        }),
        Plot.text(rows, {
          ...LEFT,
          y: (d: Row) => d.y - HILL - 8,
          text: (d: Row) => together(d.measurement.batching),
          fill: "var(--muted)",
          fontSize: 9.5,
          stroke: "var(--card)",
          strokeWidth: 3,
        }),
        Plot.ruleY(rows, { y: "y", stroke: "var(--line)" }),
        Plot.areaY(hills, {
          x: "x",
          y1: "y",
          y2: (d: { y: number; share: number }) => d.y - HILL * d.share,
          z: "subject",
          fill: "colour",
          fillOpacity: 0.35,
          curve: "monotone-x",
        }),
        Plot.link(marks, {
          x1: "x",
          x2: "x",
          y1: "y",
          y2: (d: { y: number; name: string }) => d.y - (d.name === "p50" ? HILL : HILL / 2),
          stroke: "colour",
          strokeWidth: (d: { name: string }) => (d.name === "p50" ? 2.5 : 1.5),
        }),
      ],
    },
    `${titleOf(metric, parameters)}: ${rows.map(({ measurement, text }) => `${measurement.subject} ${text}`).join("; ")}`,
  );
}

function layout(members: readonly Measurement[], percentiles: readonly Percentile[]) {
  const rows: Row[] = [];
  const headings: { y: number; title: string }[] = [];
  let y = 2;
  for (const [durability, group] of byDurability(members)) {
    headings.push({ y: y + 8, title: SURVIVES[durability] });
    y += HEADING;
    for (const measurement of group) {
      y += ROW;
      rows.push({ measurement, y: y - 12, text: textOf(measurement, percentiles) });
    }
  }
  return { rows, headings, height: y + 34 };
}

function textOf(measurement: Measurement, percentiles: readonly Percentile[]): string {
  if (!isValid(measurement)) return "invalid";
  return outermost(percentiles)
    .map((name) => `${name} ${figure(median(valuesOf(measurement, name)), measurement.unit)}`)
    .join("  ");
}

function bucketsOf({ samples = [] }: Measurement): Buckets {
  return addUp(samples.map(({ buckets }) => buckets));
}

function domainOf(members: readonly Measurement[]): [number, number] {
  const values = members.flatMap((each) => bucketsOf(each).map(([bucket]) => middleOf(bucket)));
  return values.length === 0 ? [0.1, 10] : [Math.min(...values) / 1.15, Math.max(...values) * 1.15];
}

/** How many samples fell where, in bins that are equally wide on the axis; the highest is 1. */
function hillOf(measurement: Measurement, [low, high]: readonly [number, number]): { x: number; share: number }[] {
  const width = Math.log(high / low) / BINS;
  const counts = Array.from({ length: BINS }, () => 0);
  for (const [bucket, count] of bucketsOf(measurement)) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(Math.log(middleOf(bucket) / low) / width)));
    counts[bin] = (counts[bin] ?? 0) + count;
  }
  const most = Math.max(...counts);
  return counts.map((count, bin) => ({ x: low * Math.exp((bin + 0.5) * width), share: count / most }));
}

/** `0.1`, `1`, `1k`. */
function tick(value: number): string {
  return value >= 1000 ? `${value / 1000}k` : String(Number(value.toPrecision(2)));
}
