import type { AddOptions, Queue } from "@anyqueue/api";
import type { Command } from "commander";
import { addLines, type RefusedLine } from "../add/add-lines.ts";
import { parsePayload, priorityOf } from "../add/payload.ts";
import { fileSource, type Source, streamSource } from "../add/source.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { UsageError } from "../failure.ts";
import { wholeNumber } from "../number-option.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { progressOn } from "../output/progress.ts";
import { countOf, withThousands } from "../output/table.ts";
import { withQueue } from "../session.ts";
import { onInterruption } from "../signals.ts";

interface Flags {
  readonly file?: string;
  readonly skipBad?: boolean;
  readonly lane?: string;
  readonly priority?: string;
  readonly delay?: string;
  readonly id?: string;
  readonly maxAttempts?: number;
  readonly group?: string;
  readonly timeout?: string;
}

/** `anyqueue add` */
export function addCommand(program: Command): void {
  program
    .command("add")
    .summary("add a job, or many from JSON lines")
    .description("Adds a job with a JSON payload, or one job for each line of a file or of standard input.")
    .argument("[type]", "the job's type, such as mail.send")
    .argument("[payload]", "its payload as JSON (null when absent), or - for lines from standard input")
    .option("--file <path>", "add one job per line of this file; - is standard input")
    .option("--skip-bad", "add the good lines of a file although there are bad ones")
    .option("--lane <name>", "the lane (default: default)")
    .option("--priority <n|name>", "0 … 4294967295, lower first, or urgent, high, normal, low")
    .option("--delay <duration>", "not before this has passed: 90s, 5m, 1d")
    .option("--id <id>", "an id of your own, so that adding twice is adding once")
    .option("--max-attempts <n>", "how often it may be tried in total", wholeNumber("--max-attempts", 1, 1_000_000))
    .option("--timeout <duration>", "how long one attempt may take")
    .option("--group <name>", "jobs of a group can be listed and cancelled together")
    .addHelpText("after", HELP)
    .action((type: string | undefined, payload: string | undefined, _flags, command: Command) =>
      withQueue<Flags>(command, async ({ flags, output, queue }) => {
        warnOfMemory(queue, output);
        const lines = linesFrom(type, payload, flags.file);
        if (lines) await addMany(queue, lines, flags, output);
        else await addOne(queue, type, payload, flags, output);
      }),
    );
}

const HELP = `
Lines: with a type on the command line each line is a payload; without one each line is a whole job,
{ "type": "mail.send", "payload": {…}, "lane": …, "priority": …, "delay": …, "id": …, "maxAttempts": …, "group": … },
and the options above hold where a line does not say otherwise. Every line is checked before the first job is added:
if one is bad, its number and what is wrong are told, nothing is added, and the exit code is 1 (see --skip-bad).

Examples:
  $ anyqueue add mail.send '{"to":"ada@example.org"}' --lane mail --delay 5m
  $ anyqueue add report.build --id nightly-2026-11-22
  $ anyqueue add image.resize --file images.jsonl --max-attempts 5
  $ jq -c '.users[]' export.json | anyqueue add mail.send -
  $ anyqueue add --file jobs.jsonl --skip-bad`;

/** Where lines come from, if this is about lines. */
function linesFrom(
  type: string | undefined,
  payload: string | undefined,
  file: string | undefined,
): { readonly type: string | undefined; readonly file: string } | undefined {
  if (file !== undefined) {
    if (payload !== undefined) throw new UsageError("Give a payload or --file, not both.");
    return { type, file };
  }
  if (type === "-") {
    if (payload !== undefined)
      throw new UsageError(
        "With - in place of a type, every line of standard input is a whole job; leave out the payload.",
      );
    return { type: undefined, file: "-" };
  }
  return payload === "-" ? { type, file: "-" } : undefined;
}

async function addOne(
  queue: Queue,
  type: string | undefined,
  payload: string | undefined,
  flags: Flags,
  output: Output,
): Promise<void> {
  if (type === undefined)
    throw new UsageError("Name the job's type, or a file of jobs with --file. See: anyqueue add --help");
  const { id, status } = await queue.add(type, parsePayload(payload), optionsOf(flags));
  output.result({ id, status }, id);
  if (status === "existing" && !output.json) output.note("A job with this id is there already; nothing was changed.");
}

function optionsOf({ lane, priority, delay, id, maxAttempts, group, timeout }: Flags): AddOptions {
  return {
    ...(lane !== undefined && { lane }),
    ...(priority !== undefined && { priority: priorityOf(priority) }),
    ...(delay !== undefined && { delay }),
    ...(id !== undefined && { id }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(group !== undefined && { group }),
    ...(timeout !== undefined && { timeout }),
  };
}

/** So many refused lines are told one by one. */
const TOLD = 50;

async function addMany(
  queue: Queue,
  { type, file }: { readonly type: string | undefined; readonly file: string },
  flags: Flags,
  output: Output,
): Promise<void> {
  if (flags.id !== undefined)
    throw new UsageError("--id names one job; give the jobs of a file their ids in its lines.");
  await using source: Source = file === "-" ? await streamSource(process.stdin) : await fileSource(file);
  using interruption = onInterruption();
  const { signal } = interruption;
  const progress = progressOn();
  const refused: RefusedLine[] = [];
  const skipBad = flags.skipBad ?? false;
  progress.begin(skipBad ? "Adding" : "Checking lines");
  let isAdding = skipBad;
  let count;
  try {
    count = await addLines({
      queue,
      source,
      defaults: { type, options: optionsOf(flags) },
      skipBad,
      signal,
      onRefused: (line) => void (refused.length < TOLD && refused.push(line)),
      onChecked: (lines) => progress.update(lines),
      onAdded(jobs) {
        if (!isAdding) progress.begin("Adding");
        isAdding = true;
        progress.update(jobs);
      },
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    count = { added: 0, existing: 0, refused: refused.length };
  } finally {
    progress.end();
  }
  if (!output.json) {
    for (const { line, reason } of refused) output.note(`line ${line}: ${printable(reason)}`);
    if (count.refused > refused.length) output.note(`… and ${withThousands(count.refused - refused.length)} more.`);
  }
  output.result({ ...count, lines: refused, interrupted: signal.aborted }, sentence(count, skipBad, signal.aborted));
  if (signal.aborted) process.exitCode = exitCodeOf(signal.reason as NodeJS.Signals);
  else if (count.refused > 0) process.exitCode = EXIT.failed;
}

function sentence(
  { added, existing, refused }: { readonly added: number; readonly existing: number; readonly refused: number },
  skipBad: boolean,
  isInterrupted: boolean,
): string {
  const parts = [`Added ${countOf(added, "job")}`];
  if (existing > 0) parts.push(`${withThousands(existing)} there already`);
  if (refused > 0) parts.push(`${countOf(refused, "line")} refused`);
  const end = isInterrupted
    ? " Interrupted."
    : refused > 0 && !skipBad
      ? " Nothing is added of a file with bad lines, unless with --skip-bad."
      : "";
  return `${parts.join(", ")}.${end}`;
}

function warnOfMemory({ capabilities }: Queue, output: Output): void {
  if (capabilities.durability === "none") output.note("Mind: this store lives in memory and ends with this command.");
}
