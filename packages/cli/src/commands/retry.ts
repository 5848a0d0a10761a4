import { isTerminal, type Queue, type RetryOptions, type RetryOutcome } from "@anyqueue/api";
import type { Command } from "commander";
import { noteOfEmpty } from "../empty-selection.ts";
import { EXIT } from "../exit-code.ts";
import { UsageError } from "../failure.ts";
import type { Output } from "../output/output.ts";
import { countOf } from "../output/table.ts";
import { lastDue, rateOption, type RatePerTime } from "../rate-option.ts";
import {
  idsOrSelection,
  type PreviewFlags,
  previewOption,
  type SelectionFlags,
  selectionOptions,
} from "../selection.ts";
import { withQueue } from "../session.ts";

interface Flags extends SelectionFlags, PreviewFlags {
  readonly into?: string;
  readonly rate?: RatePerTime;
}

/** `anyqueue retry` */
export function retryCommand(program: Command): void {
  const command = program
    .command("retry")
    .description("Makes jobs that have ended wait again, with all their attempts before them.")
    .argument("[ids...]", "the jobs' ids");
  previewOption(selectionOptions(command))
    .option("--into <state>", "into this state of your own, not waiting", firstState)
    .option("--rate <n/time>", "make so many due per time, not all at once: 10/s, 100/m", rateOption("--rate"))
    .addHelpText(
      "after",
      `
A selection without --state means failed jobs. Exit code 1 when a named job does not exist or has not ended.

Examples:
  $ anyqueue retry mail:welcome-ada
  $ anyqueue retry --lane mail --preview
  $ anyqueue retry --lane mail --rate 10/s
  $ anyqueue retry --where '{"error.code":"ETIMEDOUT"}'
  $ anyqueue retry --type 'image.*' --state failed,cancelled
  $ anyqueue retry --lane orders --into received`,
    )
    .action((ids: string[], _flags, command: Command) =>
      withQueue<Flags>(command, async ({ flags, output, queue }) => {
        const selection = idsOrSelection("retry", ids, flags);
        const options = flags.into === undefined ? {} : { state: flags.into };
        if (!selection) return retryEach(queue, ids, options, output);
        if (flags.preview || flags.dryRun) {
          const count = await queue.retry(selection, { ...options, preview: true });
          output.result({ wouldRetry: count }, `Would retry ${countOf(count, "job")}.`);
          if (count === 0) await noteOfEmpty(queue, selection, output);
          return;
        }
        const { rate } = flags;
        const retried = await queue.retry(selection, { ...options, ...(rate && { rate }) });
        output.result({ retried }, `Retried ${countOf(retried, "job")}${lastDue(retried, rate)}.`);
        if (retried === 0) await noteOfEmpty(queue, selection, output);
      }),
    );
}

async function retryEach(queue: Queue, ids: readonly string[], options: RetryOptions, output: Output): Promise<void> {
  const outcomes: { id: string; outcome: RetryOutcome }[] = [];
  for (const id of ids) outcomes.push({ id, outcome: await queue.retry(id, options) });
  const sentences: Readonly<Record<RetryOutcome, string>> = {
    retried: `${options.state === undefined ? "waits" : `is in ${options.state}`} again, with all its attempts before it`,
    duplicate: "stays as it is, since another job holds its unique key by now, or since a move of it was cut short",
    dependent: "stays as it is, since a job that it depends on has not completed; retry that one first",
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
