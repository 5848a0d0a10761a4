import { isQueueError, laneOf } from "@anyqueue/api";
import type { Command } from "commander";
import { exitCodeOf } from "../exit-code.ts";
import { CommandError } from "../failure.ts";
import { checkIds } from "../job-id.ts";
import { printable } from "../output/printable.ts";
import { withQueue } from "../session.ts";
import { onInterruption } from "../signals.ts";

interface Flags {
  readonly timeout?: string;
}

/** `anyqueue result` */
export function resultCommand(program: Command): void {
  program
    .command("result")
    .description("Waits until a job has ended, and prints its result as JSON.")
    .argument("<id>", "the job's id, such as mail:0192f0c1-…")
    .option("--timeout <duration>", "for how long to wait at most: 30s, 5m; 0 not to wait")
    .addHelpText(
      "after",
      `
Exit code 1 when it failed or was cancelled, does not exist, or has not ended in time. A job that returned nothing prints
nothing.

Examples:
  $ anyqueue result default:nightly-2026-11-22 --timeout 30s
  $ id=$(anyqueue add report.build) && anyqueue result "$id" | jq .pages`,
    )
    .action((id: string, _flags, command: Command) =>
      withQueue<Flags>(command, async ({ flags, output, queue }) => {
        checkIds([id]);
        using interruption = onInterruption();
        const { signal } = interruption;
        const { timeout } = flags;
        try {
          const result = await queue.result(id, { signal, ...(timeout !== undefined && { timeout }) });
          const isAbsent = result === undefined;
          // Still JSON: within a string an escaped character is the same one.
          output.result({ id, ...(!isAbsent && { result }) }, isAbsent ? "" : printable(JSON.stringify(result)));
          if (isAbsent && !output.json) output.note("It has completed and returned nothing.");
        } catch (error) {
          if (isQueueError(error, "MISSING")) throw isGone(id, error);
          if (!signal.aborted) throw error;
          process.exitCode = exitCodeOf(signal.reason as NodeJS.Signals);
        }
      }),
    );
}

function isGone(id: string, cause: unknown): CommandError {
  return new CommandError(
    "MISSING",
    `There is no job ${id}: it was never added, or has ended and is not kept, or was removed. How long jobs are kept is set by: anyqueue lanes set ${laneOf(id)} --keep completed=1d`,
    { cause },
  );
}
