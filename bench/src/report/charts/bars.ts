import { figure, ratioFigure, together } from "../../tables/figure.ts";
import { traitsOf, type Unit } from "../../units.ts";
import { colourOf } from "../palette.ts";
import type { Plotting } from "../plotting.ts";
import { LEFT, RIGHT } from "./anchors.ts";
import { cut } from "./cut.ts";
import type { Bar, Group, Panel } from "./panel.ts";

const WIDTH = 360;
const BAR = 9;
const ROW = 46;
const HEADING = 45;
/** As many as a line has room for; the table has the whole text. */
const CHARACTERS = 50;

interface Placed extends Bar {
  readonly y: number;
  readonly length: number;
  readonly low: number;
  readonly high: number;
  readonly text: string;
  readonly hasReference: boolean;
}

/** Bars under their labels, so that a phone has room for both. The dashed line is the reference of the group. */
export function barChart(panel: Panel, { Plot, draw }: Plotting): string {
  const { bars, headings, height } = layout(panel);
  const related = bars.filter(({ hasReference }) => hasReference);
  const measured = bars.filter(({ value }) => value !== undefined);
  const most = Math.max(panel.scale === "ratio" ? 1 : 0, ...measured.map(({ high }) => high));
  return draw(
    {
      width: WIDTH,
      height,
      margin: 1,
      x: { domain: [0, most * 1.03 || 1], axis: null },
      y: { type: "identity", axis: null },
      color: { type: "identity" },
      style: { fontSize: "12px" },
      marks: [
        Plot.text(headings, { ...LEFT, y: "y", text: "title", fill: "var(--muted)", fontSize: 10.5 }),
        Plot.text(headings, {
          ...LEFT,
          y: (d: Heading) => d.y + 14,
          text: "reference",
          fill: "var(--muted)",
          fontSize: 10.5,
        }),
        Plot.text(bars, { ...LEFT, y: (d: Placed) => d.y - 9, text: "label", fill: "var(--ink)" }),
        Plot.text(bars, {
          ...RIGHT,
          y: (d: Placed) => d.y - 9,
          text: "text",
          fill: (d: Placed) => (d.value === undefined ? "var(--bad)" : "var(--ink)"),
          fontVariant: "tabular-nums",
        }),
        Plot.rect(bars, { x1: 0, x2: most * 1.03, y1: "y", y2: (d: Placed) => d.y + BAR, fill: "var(--track)", rx: 2 }),
        Plot.rect(measured, {
          x1: 0,
          x2: "length",
          y1: "y",
          y2: (d: Placed) => d.y + BAR,
          fill: (d: Placed) => colourOf(d.kind),
          rx: 2,
        }),
        Plot.link(
          measured.filter(({ range }) => range !== undefined),
          { x1: "low", x2: "high", y1: middle, y2: middle, stroke: "var(--ink)", strokeWidth: 1.5 },
        ),
        Plot.link(related, {
          x1: 1,
          x2: 1,
          y1: (d: Placed) => d.y - 2,
          y2: (d: Placed) => d.y + BAR + 2,
          stroke: "var(--ink)",
          strokeDasharray: "2,2",
        }),
        Plot.text(bars, {
          ...LEFT,
          y: (d: Placed) => d.y + BAR + 9,
          text: (d: Placed) => together(d.batching),
          fill: "var(--muted)",
          fontSize: 9.5,
        }),
      ],
    },
    `${panel.title}: ${bars.map(({ label, text }) => `${label} ${text}`).join("; ")}`,
  );
}

interface Heading {
  readonly y: number;
  readonly title: string;
  readonly reference: string;
}

function layout(panel: Panel) {
  const bars: Placed[] = [];
  const headings: Heading[] = [];
  let y = 8;
  for (const group of panel.groups) {
    headings.push({ y, title: group.title, reference: referenceText(group, panel) });
    y += HEADING;
    for (const bar of group.bars) {
      bars.push(place(bar, y, group, panel));
      y += ROW;
    }
  }
  return { bars, headings, height: y - ROW + BAR + 18 };
}

function place(bar: Bar, y: number, { reference, bars }: Group, { scale, unit }: Panel): Placed {
  // Without a reference the longest bar of the group is as long as a reference would be.
  const best = Math.max(...bars.map(({ value = 0 }) => value));
  const one = hasSharedScale(scale, unit) ? 1 : (reference?.value ?? best) || 1;
  const { value, range = [value ?? 0, value ?? 0] } = bar;
  const ratio = scale === "ratio" && reference && value !== undefined ? `  ${ratioFigure(value / one)}×` : "";
  const text = value === undefined ? "invalid" : `${figure(value, unit)}${ratio}`;
  return {
    ...bar,
    label: cut(bar.label, CHARACTERS - text.length),
    y,
    hasReference: scale === "ratio" && reference !== undefined,
    length: Math.max(0, value ?? 0) / one,
    low: range[0] / one,
    high: range[1] / one,
    text,
  };
}

function referenceText({ reference }: Group, { scale, unit }: Panel): string {
  if (reference) return `1× is ${reference.name}: ${figure(reference.value, unit)} ${unit}`;
  return hasSharedScale(scale, unit) ? unit : `${unit}; the longest bar is the best of these`;
}

/** Rates of different durability never share a scale: the weaker would make the stronger look poor. */
function hasSharedScale(scale: Panel["scale"], unit: Unit): boolean {
  return scale === "value" && traitsOf(unit).better !== "higher";
}

function middle({ y }: Placed): number {
  return y + BAR / 2;
}
