import { EXIT, exitCodeOf } from "../exit-code.ts";
import { UsageError } from "../failure.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { progressOn } from "../output/progress.ts";
import { countOf, withThousands } from "../output/table.ts";
import type { Session } from "../session.ts";
import { onInterruption } from "../signals.ts";
import { LineAdder, type LineCounts, type RefusedLine } from "./add-lines.ts";
import { fullSentence } from "./add-one.ts";
import { type JobFlags, optionsOf } from "./job-options.ts";
import { fileSource, type Source, streamSource } from "./source.ts";

/** So many refused lines are told one by one. */
const TOLD = 50;

/** Adds a job for each line of a file or of standard input, and tells what became of them. */
export async function addMany(
  { queue, output, config, flags }: Session<JobFlags & { readonly skipBad?: boolean }>,
  { type, file }: { readonly type: string | undefined; readonly file: string },
): Promise<void> {
  if (flags.id !== undefined)
    throw new UsageError("--id names one job; give the jobs of a file their ids in its lines.");
  const options = optionsOf(flags);
  await using source: Source = file === "-" ? await streamSource(process.stdin) : await fileSource(file);
  using interruption = onInterruption();
  const { signal } = interruption;
  const progress = progressOn();
  const refused: RefusedLine[] = [];
  const skipBad = flags.skipBad ?? false;
  progress.begin(skipBad ? "Adding" : "Checking lines");
  let isAdding = skipBad;
  const adder = new LineAdder({
    queue,
    jobs: config.jobs,
    source,
    defaults: { type, options },
    skipBad,
    signal,
    onRefused: (line) => void (refused.length < TOLD && refused.push(line)),
    onChecked: (lines) => progress.update(lines),
    onAdded(lines) {
      if (!isAdding) progress.begin("Adding");
      isAdding = true;
      progress.update(lines);
    },
  });
  const { counts, full } = adder;
  try {
    await adder.run();
  } catch (error) {
    if (!signal.aborted) {
      if (counts.added > 0) output.note(`${countOf(counts.added, "job")} had been added before this:`);
      throw error;
    }
  } finally {
    progress.end();
  }
  if (!output.json) {
    for (const { line, reason } of refused) output.note(`line ${line}: ${printable(reason)}`);
    if (counts.refused > refused.length) output.note(`… and ${withThousands(counts.refused - refused.length)} more.`);
    for (const [lane, lines] of full) output.note(fullSentence(lane, lines.subject()));
  }
  tell(output, { counts, lines: refused, full, skipBad, isInterrupted: signal.aborted });
  if (signal.aborted) process.exitCode = exitCodeOf(signal.reason as NodeJS.Signals);
  else if (counts.refused > 0 || counts.full > 0) process.exitCode = EXIT.failed;
}

interface Outcome {
  readonly counts: LineCounts;
  readonly lines: readonly RefusedLine[];
  readonly full: LineAdder["full"];
  readonly skipBad: boolean;
  readonly isInterrupted: boolean;
}

function tell(output: Output, { counts, lines, full, skipBad, isInterrupted }: Outcome): void {
  const fullLines = Object.fromEntries([...full].map(([lane, { ranges }]) => [lane, ranges]));
  output.result({ ...counts, lines, fullLines, interrupted: isInterrupted }, sentence(counts, skipBad, isInterrupted));
}

function sentence(counts: LineCounts, skipBad: boolean, isInterrupted: boolean): string {
  const { added, existing, replaced, merged, full, refused } = counts;
  const parts = [`Added ${countOf(added, "job")}`];
  if (existing > 0) parts.push(`${withThousands(existing)} there already`);
  if (replaced > 0) parts.push(`${withThousands(replaced)} replaced`);
  if (merged > 0) parts.push(`${withThousands(merged)} merged`);
  if (full > 0) parts.push(`${withThousands(full)} not added to full lanes`);
  if (refused > 0) parts.push(`${countOf(refused, "line")} refused`);
  const end = isInterrupted
    ? " Interrupted."
    : refused > 0 && !skipBad
      ? " Nothing is added of a file with bad lines, unless with --skip-bad."
      : "";
  return `${parts.join(", ")}.${end}`;
}
