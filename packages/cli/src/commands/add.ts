import type { Queue } from "@anyqueue/api";
import type { Command } from "commander";
import { addMany } from "../add/add-many.ts";
import { addOne } from "../add/add-one.ts";
import { type JobFlags, jobOptions } from "../add/job-options.ts";
import { UsageError } from "../failure.ts";
import type { Output } from "../output/output.ts";
import { withQueue } from "../session.ts";

interface Flags extends JobFlags {
  readonly file?: string;
  readonly skipBad?: boolean;
}

/** `anyqueue add` */
export function addCommand(program: Command): void {
  const command = program
    .command("add")
    .summary("add a job, or many from JSON lines")
    .description("Adds a job with a JSON payload, or one job for each line of a file or of standard input.")
    .argument("[type]", "the job's type, such as mail.send")
    .argument("[payload]", "its payload as JSON (null when absent), or - for lines from standard input")
    .option("--file <path>", "add one job per line of this file; - is standard input")
    .option("--skip-bad", "add the good lines of a file although there are bad ones");
  jobOptions(command)
    .addHelpText("after", HELP)
    .action((type: string | undefined, payload: string | undefined, _flags, command: Command) =>
      withQueue<Flags>(command, async (session) => {
        const { flags, output, queue } = session;
        const lines = linesFrom(type, payload, flags.file);
        warnOfMemory(queue, output);
        if (lines) await addMany(session, lines);
        else await addOne(session, type, payload);
      }),
    );
}

const HELP = `
The id is printed: the new job's, or that of the job that is there already, has been replaced, or was merged into.
A full lane (see: anyqueue lanes set) is an error.

Lines: with a type on the command line each line is a payload; without one each line is a whole job,
{ "type": "mail.send", "payload": {…}, "lane": …, "priority": …, "delay": …, "id": …, "maxAttempts": …, "group": …,
  "unique": { "key": …, "until": { "window": "10m" }, "on": "merge" }, "orderingKey": …, "dependsOn": […], "keep": {…} },
and the options above hold where a line does not say otherwise. Every line is checked before the first job is added:
if one is bad, its number and what is wrong are told, nothing is added, and the exit code is 1 (see --skip-bad).

Examples:
  $ anyqueue add mail.send '{"to":"ada@example.org"}' --lane mail --delay 5m
  $ anyqueue add report.build --id nightly-2026-11-22
  $ anyqueue add index.update '{"ids":[7]}' --unique users --on merge --delay 10s
  $ anyqueue add report.send --depends-on default:fetch,default:build --on-parent cancel
  $ anyqueue add image.resize --file images.jsonl --max-attempts 5
  $ jq -c '.users[]' export.json | anyqueue add mail.send -`;

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

function warnOfMemory({ capabilities }: Queue, output: Output): void {
  if (capabilities.durability === "none") output.note("Mind: this store lives in memory and ends with this command.");
}
