import { readFile } from "node:fs/promises";
import {
  type BenchResult,
  type BenchWatcher,
  compareResults,
  comparisonText,
  headText,
  invalidLines,
  leftOutLine,
  parseResult,
  prepareReport,
  runBench,
  scenarioText,
} from "@anyqueue/bench";
import type { BenchFlags } from "../commands/bench.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { UsageError } from "../failure.ts";
import { Output } from "../output/output.ts";
import { onInterruption } from "../signals.ts";
import { findFixtures } from "./find-fixtures.ts";
import { checkWritable, isReplaced, writeInOneStep } from "./output-file.ts";
import { viewOn } from "./view.ts";

/** Measures, or reads what was measured before, and shows it in all the ways that were asked for. */
export async function bench(flags: BenchFlags, jsonFile: string | undefined): Promise<void> {
  const { json = false, html, compare, from } = flags;
  // What keeps the run from being shown in the end is told before it begins.
  const [earlier, measured] = [
    compare === undefined ? undefined : await read(compare),
    from === undefined ? undefined : await read(from),
  ];
  if (jsonFile !== undefined) await checkWritable("--json", jsonFile);
  if (html !== undefined) await checkWritable("--html", html);
  const report = html === undefined ? undefined : await prepareReport();
  const printsJson = json && jsonFile === undefined;
  if (measured && !printsJson) process.stdout.write(`${resultText(measured)}\n`);
  const result = measured ?? (await measure(flags, printsJson, jsonFile));
  const comparison = earlier && compareResults(earlier, result);
  new Output(printsJson).result(
    comparison ? { ...result, comparison } : result,
    comparison ? comparisonText(comparison) : "",
  );

  const files = [
    jsonFile !== undefined && { file: jsonFile, text: jsonText(result) },
    html !== undefined && report && { file: html, text: report(result, comparison) },
  ].filter((each) => typeof each === "object");
  const written = await Promise.allSettled(files.map(async ({ file, text }) => writeInOneStep(file, text)));
  for (const [n, { file }] of files.entries()) {
    if (!printsJson && written[n]?.status === "fulfilled") process.stdout.write(`Written: ${file}\n`);
  }
  if (invalidLines(result.measurements).length > 0) process.exitCode ??= EXIT.failed;
  if (from === undefined) failIfIncomplete(flags, result);
  // The others are written by now.
  for (const outcome of written) if (outcome.status === "rejected") throw outcome.reason;
}

async function measure(flags: BenchFlags, isQuiet: boolean, jsonFile: string | undefined): Promise<BenchResult> {
  const { fixture = [], ...options } = flags;
  const fixtures = await findFixtures(fixture);
  const view = viewOn(process.stderr, isQuiet ? undefined : process.stdout);
  const watcher: BenchWatcher = { ...view, measured: (soFar) => keep(soFar, jsonFile) };
  using interruption = onInterruption(() => view.end());
  interruption.signal.addEventListener("abort", () =>
    view.note("Ends after this step, or in five seconds; Ctrl-C ends it at once."),
  );
  const result = await runBench({ ...options, fixtures, watcher, signal: interruption.signal }).finally(() =>
    view.end(),
  );
  if (interruption.signal.aborted) process.exitCode = exitCodeOf(interruption.signal.reason as NodeJS.Signals);
  return result;
}

/** Whatever becomes of this process in the next step, what was measured until then stays. */
function keep(soFar: BenchResult, file: string | undefined): void {
  if (file === undefined || !isReplaced(file)) return;
  try {
    writeInOneStep(file, jsonText(soFar));
  } catch {
    // It is tried once more in the end, and told then.
  }
}

function jsonText(result: BenchResult): string {
  return `${JSON.stringify(result, null, 1)}\n`;
}

/**
 * That nothing was measured is no success, and a smoke of everything is there to show that everything runs: what is
 * left out of it is a failure, unless a server is not to be had.
 */
function failIfIncomplete(
  { smoke, scenarios, backends, only }: BenchFlags,
  { leftOut, measurements }: BenchResult,
): void {
  const isOfEverything = smoke === true && [scenarios, backends, only].every((choice) => choice === undefined);
  const faults = leftOut.filter(({ server }) => isOfEverything && server === undefined);
  for (const fault of faults) process.stderr.write(`${leftOutLine(fault)}\n`);
  if (measurements.length === 0) process.stderr.write("Nothing was measured.\n");
  if (faults.length > 0 || measurements.length === 0) process.exitCode ??= EXIT.failed;
}

function resultText(result: BenchResult): string {
  const texts = result.scenarios.map((scenario) =>
    scenarioText(
      scenario,
      result.measurements.filter((each) => each.scenario === scenario.name),
    ),
  );
  return [headText(result), ...texts].join("\n\n");
}

async function read(file: string): Promise<BenchResult> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read. Give a file that \`anyqueue bench --json ${file}\` wrote.`, {
      cause,
    });
  });
  return parseResult(text, file);
}
