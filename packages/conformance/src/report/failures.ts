import { nameOf } from "../promises.ts";
import { differingField } from "./cause.ts";
import { shownDifference } from "./difference.ts";
import { cut, printable, printableLines, wrapped } from "./printable.ts";
import type { CaseReport, PromiseReport, Report } from "./report.ts";
import { type Look, toned } from "./style.ts";
import { firstLine, isByModel, showing } from "./verdicts.ts";

/** How many lines of a difference are shown, and how many further cases of a promise are named. */
const SHOWN_LINES = 16;
const SHOWN_CASES = 4;
/** A call with many jobs is cut; the report as data has all of it. */
const LONGEST_CALL = 240;

/** For each broken promise how it is broken, shown by the case that does so best. */
export function renderFailures(report: Report, look: Look): string {
  const told = new Map<string, string>();
  const broken = report.promises
    .filter(({ verdict }) => verdict === "broken")
    .map((promise) => renderPromise(promise, report.cases, told, look));
  return [...broken, renderDoubts(report, look)]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

/** What only the model finds, when there is something to explain it, is shown once: by the fewest calls. */
function renderDoubts({ promises, cases }: Report, look: Look): string[] {
  const doubtful = promises.filter(({ verdict }) => verdict === "doubtful").map(({ promise }) => promise);
  const [best] = showing(cases.filter(({ promise }) => doubtful.includes(promise)));
  if (!best) return [];
  const names = doubtful.map(nameOf).join(", ");
  const sentence = `${names}: their own cases pass, but random calls are answered otherwise than by the model, maybe for the reasons above`;
  return [
    ...wrapped(sentence, look.width, 0, 2).map((line) => toned("bad", line, look)),
    "",
    ...renderTitle(best, look),
    ...renderReason(best, look),
  ];
}

/** What was told of one promise is not told again of the next one. */
function renderPromise(
  { promise, passed, failed }: PromiseReport,
  cases: readonly CaseReport[],
  told: Map<string, string>,
  look: Look,
): string[] {
  const own = cases.filter((each) => each.promise === promise);
  const [best, ...others] = showing(own);
  if (!best) return [];
  const sentence = causeOf(best);
  const before = told.get(sentence);
  if (before === undefined) told.set(sentence, promise);
  const shown =
    before === undefined ? renderReason(best, look) : [`    As with ${before}: ${printable(firstLine(best.reason))}`];
  const named = others.slice(0, SHOWN_CASES).flatMap((each) => renderTitle(each, look));
  const more = others.length - SHOWN_CASES;
  return [
    `${toned("bad", nameOf(promise), look)}: ${failed} of ${passed + failed} ${passed + failed === 1 ? "case" : "cases"} ${failed === 1 ? "fails" : "fail"}`,
    "",
    ...renderTitle(best, look),
    ...shown,
    ...(named.length > 0 ? [...(before === undefined ? [""] : []), ...named] : []),
    ...(more > 0 ? [`    … and ${more} more`] : []),
  ];
}

/** What failures of the same cause have in common: the sentence; of a difference from the model the field that differs. */
function causeOf(failed: CaseReport): string {
  const field = isByModel(failed) ? differingField(failed.reason) : undefined;
  return field ?? firstLine(failed.reason);
}

function renderTitle({ title }: CaseReport, look: Look): string[] {
  const [first = "", ...rest] = wrapped(title, look.width, 4);
  return [`  ${toned("bad", "✗", look)} ${first.slice(4)}`, ...rest];
}

/** The sentence, the difference and the history. */
export function renderReason(
  { reason = "", history = [], replay }: Pick<CaseReport, "reason" | "history" | "replay">,
  look: Look,
): string[] {
  const [sentence = "", ...rest] = printableLines(reason);
  const difference = shownDifference(rest);
  const more = difference.length - SHOWN_LINES;
  const { command = "anyqueue conformance …" } = look;
  return [
    ...wrapped(sentence, look.width, 6).map((line) => toned("strong", line, look)),
    ...difference.slice(0, SHOWN_LINES).map((line) => cut(`      ${line}`.trimEnd(), look.width)),
    ...(more > 0 ? [`      … ${more} more ${more === 1 ? "line" : "lines"}`] : []),
    ...(history.length > 0 ? [""] : []),
    ...history.flatMap((line) => wrapped(cut(printable(line), LONGEST_CALL), look.width, 8)),
    ...(replay === undefined ? [] : ["", `      Replay it: ${command} --replay ${quoted(replay)}`]),
  ];
}

/** As the shell takes it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
