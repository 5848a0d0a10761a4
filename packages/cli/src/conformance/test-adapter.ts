import { badgeOf, type Report, renderReport, type RunOptions } from "@anyqueue/conformance";
import { showBackend } from "../backend.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { Output } from "../output/output.ts";
import { onInterruption } from "../signals.ts";
import { writeBadge } from "./badge-files.ts";
import { compare } from "./compare.ts";
import { checkFlags, type ConformanceFlags } from "./flags.ts";
import { findFixture } from "./find-fixture.ts";
import { readReplay } from "./replay-option.ts";
import { runSuite } from "./run-suite.ts";

/** Runs the suite on an adapter, or compares it with another one, and tells what it comes to. @throws UsageError */
export async function testAdapter(subject: string, flags: ConformanceFlags): Promise<void> {
  checkFlags(flags);
  const options = await optionsOf(flags);
  const fixture = await findFixture(subject);
  const other = flags.against === undefined ? undefined : await findFixture(flags.against);
  const output = new Output(flags.json ?? false);
  using interruption = onInterruption();
  if (other) return leave(await compare(fixture, other, flags, output, interruption.signal), interruption.signal);
  const report = await runSuite(fixture, options, interruption.signal, output);
  await tell(report, subject, flags, output);
  leave(report.counts.failed > 0 ? EXIT.failed : EXIT.ok, interruption.signal);
}

async function optionsOf({ only, case: title, time, seed, replay }: ConformanceFlags): Promise<RunOptions> {
  return {
    ...(only && { only }),
    ...(title !== undefined && { title }),
    ...(time !== undefined && { time }),
    ...(seed !== undefined && { seed }),
    ...(replay !== undefined && { replay: await readReplay(replay) }),
  };
}

async function tell(report: Report, subject: string, { badge = [] }: ConformanceFlags, output: Output): Promise<void> {
  const { columns, isTTY } = process.stdout;
  const text = renderReport(report, {
    ...(isTTY && { width: columns, isColoured: process.stdout.hasColors() }),
    command: `anyqueue conformance ${showBackend(subject)}`,
  });
  output.result(report, text);
  if (badge.length === 0) return;
  if (!report.isWhole) return output.note("No badge was written, because not every case was run.");
  for (const path of badge) await writeBadge(path, badgeOf(report));
}

/** Ends the process also where a broken adapter left something behind that would keep it alive. */
function leave(code: number, signal: AbortSignal): void {
  const exitCode = signal.aborted ? exitCodeOf(signal.reason as NodeJS.Signals) : code;
  process.exitCode = exitCode;
  // Standard output first: a pipe takes it when it is ready.
  process.stdout.write("", () => process.exit(exitCode));
}
