import { badgeOf, type Look, type Report, renderReport, type RunOptions } from "@anyqueue/conformance";
import { showBackend } from "../backend.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { Output } from "../output/output.ts";
import { onInterruption } from "../signals.ts";
import { writeBadge } from "./badge-files.ts";
import { compare } from "./compare.ts";
import { refuseEarlyEnd } from "./early-end.ts";
import { checkFlags, type ConformanceFlags } from "./flags.ts";
import { findFixture } from "./find-fixture.ts";
import { readReplay } from "./replay-option.ts";
import { runSuite } from "./run-suite.ts";

/** Runs the suite on an adapter, or compares it with another one, and tells what it comes to. @throws UsageError */
export async function testAdapter(subject: string, flags: ConformanceFlags): Promise<void> {
  checkFlags(flags);
  const options = await optionsOf(flags);
  using _guard = refuseEarlyEnd(showBackend(subject));
  const fixture = await findFixture(subject);
  const other = flags.against === undefined ? undefined : await findFixture(flags.against);
  const output = new Output(flags.json ?? false);
  using interruption = onInterruption();
  const { signal } = interruption;
  if (other) {
    const look = lookFor(subject, flags.against);
    return leave(await compare(fixture, other, flags, { output, signal, look }), signal);
  }
  const report = await runSuite(fixture, options, signal, output);
  // Files first: who reads the output may have seen enough before its end, and then the command is over.
  try {
    await writeBadges(report, flags, output);
  } finally {
    output.result(report, renderReport(report, lookFor(subject)));
  }
  leave(report.counts.failed > 0 ? EXIT.failed : EXIT.ok, signal);
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

/** As wide as the terminal, and in colours if it has them; a pipe gets plain lines. */
function lookFor(...subjects: readonly (string | undefined)[]): Look {
  const { columns, isTTY } = process.stdout;
  const named = subjects.filter((subject) => subject !== undefined).map(showBackend);
  return {
    ...(isTTY && { width: columns, isColoured: process.stdout.hasColors() }),
    command: `anyqueue conformance ${named.join(" --against ")}`,
  };
}

async function writeBadges(report: Report, { badge = [] }: ConformanceFlags, output: Output): Promise<void> {
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
