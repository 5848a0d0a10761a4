import { printable } from "../printable.ts";
import { nameOf } from "../promises.ts";
import { shownDifference } from "./difference.ts";
import { cut, printableLines, wrapped } from "./lines.ts";
import type { CaseReport, PromiseReport, Report } from "./report.ts";
import { type Look, toned } from "./style.ts";
import { differenceIn, isByModel } from "./findings.ts";
import { firstLine, promiseOf, showing } from "./verdicts.ts";

/** How many lines of a difference are shown, and how many further cases of a promise are named. */
const SHOWN_LINES = 16;
const SHOWN_CASES = 4;
/** A call with many jobs is cut; the report as data has all of it. */
const LONGEST_CALL = 240;

/** A broken promise as it is shown, and others that are broken by nothing else. */
interface Block {
  readonly lines: readonly string[];
  readonly alike: string[];
}

/** For each broken promise how it is broken, shown by the case that does so best. What was shown is not shown again. */
export function renderFailures({ promises, cases }: Report, look: Look): string {
  const blocks: Block[] = [];
  const shown = new Map<string, Block>();
  for (const judged of promises.filter(({ verdict }) => verdict === "broken")) {
    const failed = showing(cases.filter((each) => promiseOf(each) === judged.promise));
    const best = failed.find((each) => !shown.has(causeOf(each)));
    const isNew = failed.filter((each) => shown.has(causeOf(each))).length < failed.length / 2;
    if (best && isNew) {
      const block = { lines: renderPromise(judged, best, failed, look), alike: [] };
      blocks.push(block);
      shown.set(causeOf(best), block);
      continue;
    }
    const block = failed.map((each) => shown.get(causeOf(each))).find((each) => each !== undefined);
    block?.alike.push(`${nameOf(judged.promise)} (${judged.failed} of ${judged.passed + judged.failed})`);
  }
  const broken = blocks.map(({ lines, alike }) => [
    ...lines,
    ...(alike.length > 0 ? ["", ...wrapped(`Broken by the same: ${alike.join(", ")}`, look.width, 2, 2)] : []),
  ]);
  return [...broken, renderDoubts(promises, cases, look)]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function renderPromise(
  { promise, passed, failed, foundBy = [] }: PromiseReport,
  best: CaseReport,
  all: readonly CaseReport[],
  look: Look,
): string[] {
  const others = all.filter((each) => each !== best && each.promise === promise);
  const more = others.length - SHOWN_CASES;
  const count = `${failed} of ${passed + failed} ${passed + failed === 1 ? "case" : "cases"} ${failed === 1 ? "fails" : "fail"}`;
  const finders = foundBy.length > 0 ? `, random ones of ${foundBy.join(", ")} among them` : "";
  return [
    `${toned("bad", nameOf(promise), look)}: ${count}${finders}`,
    "",
    ...renderTitle(best, look),
    ...renderReason(best, look),
    ...(others.length > 0 ? [""] : []),
    ...others.slice(0, SHOWN_CASES).flatMap((each) => [
      ...renderTitle(each, look),
      // What fails for the same reason needs it no second time.
      ...(causeOf(each) === causeOf(best) ? [] : wrapped(printable(firstLine(each.reason)), look.width, 6)),
    ]),
    ...(more > 0 ? [`    … and ${more} more`] : []),
  ];
}

/** What only the model finds, when there is something to explain it, is shown once: by the fewest calls. */
function renderDoubts(promises: readonly PromiseReport[], cases: readonly CaseReport[], look: Look): string[] {
  const doubtful = promises.filter(({ verdict, failed }) => verdict === "doubtful" && failed > 0);
  const [best] = showing(cases.filter((each) => doubtful.some(({ promise }) => promise === promiseOf(each))));
  if (!best) return [];
  const names = doubtful.map(({ promise }) => nameOf(promise)).join(", ");
  const sentence = `${names}: their own cases pass, but random calls are answered otherwise than by the model, maybe for the reasons above`;
  return [
    ...wrapped(sentence, look.width, 0, 2).map((line) => toned("bad", line, look)),
    "",
    ...renderTitle(best, look),
    ...renderReason(best, look),
  ];
}

/** What failures of the same cause have in common: the sentence, whatever its numbers; from the model, what differs. */
function causeOf(failed: CaseReport): string {
  return isByModel(failed) ? differenceIn(failed) : firstLine(failed.reason).replaceAll(/\d+/g, "#");
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
