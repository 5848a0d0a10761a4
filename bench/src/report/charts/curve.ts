import type { Measurement } from "../../measurement.ts";
import { median } from "../../statistics.ts";
import { decades } from "./decades.ts";
import { isValid } from "../../tables/relation.ts";
import type { LineStyle } from "../palette.ts";
import type { Plotting } from "../plotting.ts";

const WIDTH = 400;
const HEIGHT = 280;

interface Point {
  readonly subject: string;
  readonly x: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A line for each subject over a numeric parameter, both axes logarithmic: what is flat does not notice. */
export function curveChart(
  members: readonly Measurement[],
  over: string,
  style: (subject: string) => LineStyle,
  { Plot, draw }: Plotting,
): string {
  const [{ metric, unit }] = members as [Measurement];
  const points = members.filter(isValid).map(({ subject, parameters, values }): Point => ({
    subject,
    x: Number(parameters[over]),
    value: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
  }));
  const values = points.flatMap(({ low, high }) => [low, high]);
  const domain = [Math.min(...values) / 1.5, Math.max(...values) * 1.5];
  const stroke = (d: Point): string => style(d.subject).colour;
  return draw(
    {
      width: WIDTH,
      height: HEIGHT,
      marginLeft: 44,
      marginRight: 14,
      marginTop: 24,
      marginBottom: 38,
      x: {
        type: "log",
        label: `${over}, logarithmic`,
        tickFormat: short,
        ticks: decades(points.map(({ x }) => x)),
        tickSize: 3,
      },
      y: {
        type: "log",
        domain,
        label: `${unit}, logarithmic`,
        tickFormat: short,
        ticks: decades(domain),
        tickSize: 3,
      },
      color: { type: "identity" },
      style: { fontSize: "11px" },
      marks: [
        Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1, ticks: decades(domain) }),
        Plot.gridX({ stroke: "var(--line)", strokeOpacity: 1, ticks: decades(points.map(({ x }) => x)) }),
        Plot.link(points, { x1: "x", x2: "x", y1: "low", y2: "high", stroke, strokeWidth: 1.5 }),
        [...Map.groupBy(points, ({ subject }) => subject)].map(([subject, own]) =>
          Plot.line(own, { x: "x", y: "value", stroke, strokeWidth: 2, strokeDasharray: style(subject).dash }),
        ),
        Plot.dot(points, { x: "x", y: "value", fill: stroke, r: 3 }),
      ],
    },
    `${metric}: ${points.map(({ subject, x, value }) => `${subject} at ${x}: ${Math.round(value)}`).join("; ")}`,
  );
}

/** `10k`, `1M`. */
function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1000 ? `${value / 1000}k` : String(value);
}
