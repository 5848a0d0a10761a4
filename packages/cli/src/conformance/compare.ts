import { compareAdapters, type Comparison, type ComparisonProgress, type Fixture } from "@anyqueue/conformance";
import { EXIT } from "../exit-code.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { progressOn } from "../output/progress.ts";
import { countOf } from "../output/table.ts";
import { readReplay } from "./replay-option.ts";
import type { ConformanceFlags } from "./flags.ts";

/** How long two adapters are compared when nobody says, in milliseconds. */
const TIME = 30_000;

/** Gives two adapters the same calls, and tells where their answers differ. Answers the exit code. */
export async function compare(
  subject: Fixture,
  reference: Fixture,
  { time = TIME, seed, replay }: ConformanceFlags,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const progress = progressOn();
  progress.begin(`Comparing ${subject.name} with ${reference.name}`);
  const onProgress = ({ scripts, differences, about }: ComparisonProgress): void => {
    const found = differences > 0 ? ` ✗ ${countOf(differences, "difference")}` : "";
    progress.update(scripts, `scripts${found} · ${about}`);
  };
  const comparison = await compareAdapters(subject, reference, {
    time,
    signal,
    onProgress,
    ...(seed !== undefined && { seed }),
    ...(replay !== undefined && { replay: await readReplay(replay) }),
  }).finally(() => progress.end());
  const names = { subject: subject.name, reference: reference.name };
  output.result(dataOf(comparison, names), textOf(comparison, names));
  return comparison.differences.length > 0 ? EXIT.failed : EXIT.ok;
}

interface Names {
  readonly subject: string;
  readonly reference: string;
}

function dataOf({ seed, scripts, differences }: Comparison, names: Names): unknown {
  return {
    ...names,
    seed,
    scripts,
    differences: differences.map(({ message, history, replay, taste, steps }) => ({
      about: taste,
      reason: message,
      history,
      replay,
      script: { taste, steps },
    })),
  };
}

function textOf({ seed, scripts, differences }: Comparison, { subject, reference }: Names): string {
  const found = differences.flatMap(({ message, history, replay }) => [
    `✗ ${printable(message)}`,
    "",
    ...history.map((line) => `    ${printable(line)}`),
    "",
    ...(replay === null ? [] : [`  Again: --against ${reference} --replay ${replay}`, ""]),
  ]);
  const verdict =
    differences.length === 0
      ? `${subject} and ${reference} gave the same answers in ${countOf(scripts, "script")}`
      : `${subject} differs from ${reference} in ${countOf(differences.length, "way")}; ${countOf(scripts, "script")} had the same answers`;
  return [...found, `${verdict} (seed ${seed}).`].join("\n");
}
