import { figure, ratioFigure } from "../tables/figure.ts";
import { type ComparedRow, type Comparison, titleOf } from "./compare.ts";
import { CONFIDENCE, type Ratio } from "./ratio.ts";

/** A comparison as plain text: what differs first, then every metric. */
export function comparisonText({ before, after, differences, rows, unmatched }: Comparison): string {
  const head = ["", "before", "after", "ratio", "beside the floor", ""];
  const lines = [head, ...rows.map(lineOf)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const texts = lines.map((line) =>
    line
      .map((cell, n) => (n === 0 || n === 5 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  return [
    `${after} compared with ${before}; ratios of medians, after to before, with ${CONFIDENCE * 100} % intervals.`,
    ...differences.map((difference) => `  NOTE these runs differ in ${difference}`),
    ...(unmatched > 0
      ? [`  Metrics that one of them has not, or with another durability, or invalid: ${unmatched}.`]
      : []),
    "",
    ...(rows.length > 0 ? texts : ["Nothing that was measured is in both of them."]),
  ].join("\n");
}

function lineOf(row: ComparedRow): string[] {
  return [
    titleOf(row),
    `${figure(row.before, row.unit)} ${row.unit}`,
    `${figure(row.after, row.unit)} ${row.unit}`,
    ratioText(row.ratio),
    ratioText(row.besideFloor),
    VERDICTS[row.verdict],
  ];
}

export function ratioText(ratio: Ratio | undefined): string {
  if (ratio === undefined) return "–";
  const { value, low, high } = ratio;
  const text = ratioFigure(value);
  return low === undefined || high === undefined ? text : `${text} [${ratioFigure(low)}, ${ratioFigure(high)}]`;
}

/** In words; what got worse stands out on a terminal without colours. */
export const VERDICTS: Readonly<Record<ComparedRow["verdict"], string>> = {
  better: "better",
  worse: "WORSE",
  changed: "changed",
  unclear: "no difference seen",
  unknown: "too few runs: no confidence",
};
