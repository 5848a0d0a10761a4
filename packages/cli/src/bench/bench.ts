import { readFile, writeFile } from "node:fs/promises";
import {
  type BenchResult,
  compareResults,
  comparisonText,
  headText,
  invalidLines,
  parseResult,
  prepareReport,
  runBench,
  scenarioText,
} from "@anyqueue/bench";
import type { BenchFlags } from "../commands/bench.ts";
import { findFixture } from "../conformance/find-fixture.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { UsageError } from "../failure.ts";
import { Output } from "../output/output.ts";
import { onInterruption } from "../signals.ts";
import { viewOn } from "./view.ts";

/** Measures, or reads what was measured before, and shows it in all the ways that were asked for. */
export async function bench(flags: BenchFlags, jsonFile: string | undefined): Promise<void> {
  const { json = false, html, compare, from } = flags;
  // What keeps the run from being shown in the end is told before it begins.
  const earlier = compare === undefined ? undefined : await read(compare);
  const report = html === undefined ? undefined : await prepareReport();
  const printsJson = json && jsonFile === undefined;
  const result = from === undefined ? await measure(flags, printsJson) : await show(from, printsJson);
  const comparison = earlier && compareResults(earlier, result);

  if (jsonFile !== undefined) await writeFile(jsonFile, `${JSON.stringify(result, null, 1)}\n`);
  if (html !== undefined && report) await writeFile(html, report(result, comparison));
  new Output(printsJson).result(
    comparison ? { ...result, comparison } : result,
    [
      ...(comparison ? [comparisonText(comparison)] : []),
      ...[jsonFile, html].flatMap((file) => (file === undefined ? [] : `Written: ${file}`)),
    ].join("\n\n"),
  );
  if (invalidLines(result.measurements).length > 0) process.exitCode = EXIT.failed;
}

async function measure(flags: BenchFlags, isQuiet: boolean): Promise<BenchResult> {
  const { fixture = [], ...options } = flags;
  const fixtures = await Promise.all(fixture.map(findFixture));
  const view = viewOn(process.stderr, isQuiet ? undefined : process.stdout);
  using interruption = onInterruption(() => view.end());
  interruption.signal.addEventListener("abort", () => view.note("Ends after this step; Ctrl-C ends it at once."));
  const result = await runBench({ ...options, fixtures, watcher: view, signal: interruption.signal }).finally(() =>
    view.end(),
  );
  if (interruption.signal.aborted) process.exitCode = exitCodeOf(interruption.signal.reason as NodeJS.Signals);
  return result;
}

async function show(file: string, isQuiet: boolean): Promise<BenchResult> {
  const result = await read(file);
  if (isQuiet) return result;
  const texts = result.scenarios.map((scenario) =>
    scenarioText(
      scenario,
      result.measurements.filter((each) => each.scenario === scenario.name),
    ),
  );
  process.stdout.write(`${[headText(result), ...texts].join("\n\n")}\n`);
  return result;
}

async function read(file: string): Promise<BenchResult> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read. Give a file that \`anyqueue bench --json ${file}\` wrote.`, {
      cause,
    });
  });
  return parseResult(text, file);
}
