import { isTerminal, type Queue, type RetryOptions, type RetryOutcome } from "@anyqueue/api";
import type { Command } from "commander";
import { countJobs } from "../count-jobs.ts";
import { EXIT } from "../exit-code.ts";
import { UsageError } from "../failure.ts";
import type { Output } from "../output/output.ts";
import { countOf } from "../output/table.ts";
import { idsOrSelection, type SelectionFlags, selectionOptions } from "../selection.ts";
import { withQueue } from "../session.ts";

interface Flags extends SelectionFlags {
  readonly into?: string;
  readonly dryRun?: boolean;
}

/** `anyqueue retry` */
export function retryCommand(program: Command): void {
  selectionOptions(
    program
      .command("retry")
      .description("Makes jobs that have ended wait again, with all their attempts before them.")
      .argument("[ids...]", "the jobs' ids"),
  )
    .option("--into <state>", "into this state of your own, not waiting", firstState)
    .option("--dry-run", "only tell how many jobs are meant")
    .addHelpText(
      "after",
      `
A selection without --state means failed jobs. Exit code 1 when a named job does not exist or has not ended.

Examples:
  $ anyqueue retry mail:welcome-ada
  $ anyqueue retry --lane mail --dry-run
  $ anyqueue retry --type 'image.*' --state failed,cancelled
  $ anyqueue retry --lane orders --into received`,
    )
    .action((ids: string[], _flags, command: Command) =>
      withQueue<Flags>(command, async ({ flags, output, queue }) => {
        const selection = idsOrSelection("retry", ids, flags);
        const options = flags.into === undefined ? {} : { state: flags.into };
        if (!selection) await retryEach(queue, ids, options, output);
        else if (flags.dryRun) {
          const count = await countJobs(queue, { states: ["failed"], ...selection }, ({ state }) => isTerminal(state));
          output.result({ wouldRetry: count }, `Would retry ${countOf(count, "job")}.`);
        } else {
          const retried = await queue.retry(selection, options);
          output.result({ retried }, `Retried ${countOf(retried, "job")}.`);
        }
      }),
    );
}

async function retryEach(queue: Queue, ids: readonly string[], options: RetryOptions, output: Output): Promise<void> {
  const outcomes: { id: string; outcome: RetryOutcome }[] = [];
  for (const id of ids) outcomes.push({ id, outcome: await queue.retry(id, options) });
  const sentences: Readonly<Record<RetryOutcome, string>> = {
    retried: `${options.state === undefined ? "waits" : `is in ${options.state}`} again, with all its attempts before it`,
    duplicate: "stays as it is, since another job holds its unique key by now",
    unfinished: "has not ended, so there is nothing to retry",
    missing: "does not exist",
  };
  output.result({ outcomes }, outcomes.map(({ id, outcome }) => `${id} ${sentences[outcome]}`).join("\n"));
  if (outcomes.some(({ outcome }) => outcome !== "retried")) process.exitCode = EXIT.failed;
}

function firstState(name: string): string {
  if (name !== "" && name !== "active" && name !== "delayed" && !isTerminal(name)) return name;
  throw new UsageError(`--into takes waiting or a state of your own, not ${JSON.stringify(name)}.`);
}
