import { printable } from "../printable.ts";
import { nameOf } from "../promises.ts";
import { renderCounts } from "./counts.ts";
import { renderFailures } from "./failures.ts";
import { wrapped } from "./lines.ts";
import type { PromiseReport, Report, Verdict } from "./report.ts";
import { type Look, toned } from "./style.ts";
import { renderTable } from "./table.ts";
import { firstLine } from "./verdicts.ts";

/**
 * A report as text for people: the promises with their verdicts, how each broken one is broken with the calls that show it,
 * and at the end what it comes to.
 */
export function renderReport(report: Report, look: Look = {}): string {
  const hasHistory = report.cases.some(({ history = [] }) => history.length > 0);
  const legend = hasHistory ? folded(LEGEND, look).map((line) => toned("faint", line, look)) : [];
  const parts = [
    renderTable(report, look),
    renderFailures(report, look),
    legend.join("\n"),
    summary(report, look).join("\n"),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** More broken promises than this are counted, not named. */
const MOST_NAMES = 8;

const LEGEND =
  "Each line of a history is a call. +1.5 s is that long after the case began; a, b, … are several handles on one store.";

function summary(report: Report, look: Look): string[] {
  const { counts, suite, seed, tookMs } = report;
  const broken = withVerdict(report, "broken");
  const { passed, failed, skipped } = counts;
  const unjudged = report.cases.filter(({ isUnjudged }) => isUnjudged).length;
  const open = unjudged > 0 ? `, ${unjudged} not judged` : "";
  const cases = `${passed} ${passed === 1 ? "case" : "cases"}`;
  const figures = `${cases} passed, ${failed} failed, ${skipped - unjudged} not applicable${open}.`;
  const run = `Suite ${suite}, seed ${seed}, ${(tookMs / 1000).toFixed(1)} s.`;
  return [
    ...(broken.length === 0 ? [] : [...begin(report), ...again(broken, seed, look)]).flatMap((line) =>
      folded(line, look),
    ),
    ...folded(conclusion(report), look).map((line) => toned(broken.length === 0 ? "good" : "bad", line, look)),
    ...[renderCounts(report.cases)].filter((line) => line !== "").flatMap((line) => folded(line, look)),
    ...folded(`${figures} ${run}`, look),
  ];
}

/** What it comes to, in a sentence. */
function conclusion(report: Report): string {
  const { subject, adapter, promises, isWhole } = report;
  const name = printable(subject === adapter ? subject : `${subject} (${adapter})`);
  const broken = withVerdict(report, "broken");
  const excused = withVerdict(report, "not applicable").length;
  const judged = promises.length - excused;
  if (broken.length > 0) {
    const names = broken.length > MOST_NAMES ? "" : `: ${broken.map(({ promise }) => nameOf(promise)).join(", ")}`;
    const doubts = withVerdict(report, "doubtful").length;
    const rest = doubts > 0 ? `; ${doubts} more ${doubts === 1 ? "is" : "are"} doubtful` : "";
    return `${name} breaks ${broken.length} of ${judged} ${judged === 1 ? "promise" : "promises"}${names}${rest}.`;
  }
  if (promises.length === 0) return `${name}: no case was run.`;
  if (withVerdict(report, "partly run").length > 0) return `${name} breaks no promise in the cases that were run.`;
  if (judged === 0) return `${name}: nothing of what was chosen applies to it.`;
  const whole = isWhole && judged > 1 ? `all ${judged}` : `${judged}`;
  return `${name} keeps ${whole} ${judged === 1 ? "promise" : "promises"}${excused > 0 ? `; ${excused} more not applicable` : ""}.`;
}

/** One cause may break nearly everything; it is the one to begin with. */
function begin({ cases }: Report): string[] {
  const failed = cases.filter(({ outcome }) => outcome === "failed");
  const causes = Map.groupBy(failed, ({ reason }) => firstLine(reason));
  const [[sentence, own] = ["", []]] = [...causes].toSorted(([, a], [, b]) => b.length - a.length);
  const promises = new Set(own.map(({ promise }) => promise)).size;
  if (own.length < 5 || promises < 2) return [];
  return [`Begin with this, which fails ${own.length} of the ${failed.length} cases: ${printable(sentence)}`];
}

function again(broken: readonly PromiseReport[], seed: number, { command }: Look): string[] {
  if (command === undefined) return [];
  const finders = new Set(broken.flatMap(({ promise, foundBy = [] }) => [promise, ...foundBy]));
  const only = finders.size > MOST_NAMES ? "" : ` --only ${[...finders].join(",")}`;
  return [`Run these again: ${command}${only} --seed ${seed}`];
}

function withVerdict({ promises }: Report, wanted: Verdict): PromiseReport[] {
  return promises.filter(({ verdict }) => verdict === wanted);
}

function folded(line: string, { width }: Look): string[] {
  return wrapped(line, width, 0, 0);
}
