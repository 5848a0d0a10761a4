import { type ComparedRow, titleOf, type Verdict } from "../../compare/compare.ts";
import { ratioText } from "../../compare/comparison-text.ts";
import type { Plotting } from "../plotting.ts";
import { LEFT, RIGHT } from "./anchors.ts";
import { cut } from "./cut.ts";

const WIDTH = 360;
const ROW = 46;
const TOP = 22;
/** As many as a line has room for; the table has the whole label. */
const CHARACTERS = 60;

const COLOURS: Readonly<Record<Verdict, string>> = {
  better: "var(--good)",
  worse: "var(--bad)",
  changed: "var(--ink)",
  unclear: "var(--floor)",
  unknown: "var(--floor)",
};

interface Placed {
  readonly y: number;
  readonly label: string;
  readonly text: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly colour: string;
}

/** The ratio of each metric with its interval, on a logarithmic axis; what crosses the line shows no difference. */
export function forestChart(rows: readonly ComparedRow[], { Plot, draw }: Plotting): string {
  const placed = rows.map((row, n): Placed => {
    const ratio = row.besideFloor ?? row.ratio;
    const { value = 1, low = value, high = value } = ratio ?? {};
    return {
      y: TOP + n * ROW + 34,
      label: cut(titleOf(row).split(" · ").slice(1).join(" · "), CHARACTERS),
      text: ratioText(ratio),
      value,
      low,
      high,
      colour: COLOURS[row.verdict],
    };
  });
  const reach = Math.max(1.25, ...placed.flatMap(({ low, high }) => [1 / low, high])) * 1.05;
  return draw(
    {
      width: WIDTH,
      height: TOP + rows.length * ROW + 30,
      marginLeft: 4,
      marginRight: 4,
      marginTop: TOP,
      marginBottom: 30,
      x: {
        type: "log",
        domain: [1 / reach, reach],
        label: "ratio, after to before",
        ticks: 5,
        tickFormat: String,
        tickSize: 3,
      },
      y: { type: "identity", axis: null },
      color: { type: "identity" },
      style: { fontSize: "11px" },
      marks: [
        Plot.ruleX([1], { stroke: "var(--ink)", strokeDasharray: "2,2" }),
        Plot.text(placed, {
          ...LEFT,
          y: (d: Placed) => d.y - 25,
          text: "label",
          fill: "var(--ink)",
          stroke: "var(--card)",
          strokeWidth: 3,
        }),
        Plot.text(placed, {
          ...RIGHT,
          y: (d: Placed) => d.y - 11,
          text: "text",
          fill: "colour",
          stroke: "var(--card)",
          strokeWidth: 3,
          fontVariant: "tabular-nums",
        }),
        Plot.link(placed, { x1: "low", x2: "high", y1: "y", y2: "y", stroke: "colour", strokeWidth: 2 }),
        Plot.dot(placed, { x: "value", y: "y", r: 4, fill: "colour" }),
      ],
    },
    placed.map(({ label, text }) => `${label} ${text}`).join("; "),
  );
}
