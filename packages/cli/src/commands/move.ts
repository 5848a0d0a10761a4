import { laneOf, type MoveOutcome, type Queue } from "@anyqueue/api";
import type { Command } from "commander";
import { noteOfEmpty } from "../empty-selection.ts";
import { EXIT } from "../exit-code.ts";
import { UsageError } from "../failure.ts";
import type { Output } from "../output/output.ts";
import { countOf, withThousands } from "../output/table.ts";
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
  readonly to: string;
  readonly rate?: RatePerTime;
}

/** `anyqueue move` */
export function moveCommand(program: Command): void {
  const command = program
    .command("move")
    .summary("put jobs that have ended into another lane, where they wait again")
    .description(
      "Puts jobs that have ended into another lane, where they wait as new ones with the same local ids; their logs go.",
    )
    .argument("[ids...]", "the jobs' ids")
    .requiredOption("--to <lane>", "the lane that they come into");
  previewOption(selectionOptions(command))
    .option("--rate <n/time>", "make so many due per time, not all at once: 10/s, 100/m", rateOption("--rate"))
    .addHelpText(
      "after",
      `
A selection without --state means failed jobs. Moving again after a crash goes on where it stopped. A job stays where it
is when the other lane has one with its local id or unique key. Exit code 1 when a named job is not moved.

Examples:
  $ anyqueue move mail:welcome-ada --to slow
  $ anyqueue move --lane mail --to slow --preview
  $ anyqueue move --type 'image.**' --to default --rate 10/s`,
    )
    .action((ids: string[], _flags, command: Command) =>
      withQueue<Flags>(command, async ({ flags, output, queue }) => {
        const selection = idsOrSelection("move", ids, flags);
        const { to: lane, rate } = flags;
        const own = ids.find((id) => laneOf(id) === lane);
        if (own !== undefined)
          throw new UsageError(`Job ${own} is in lane ${lane} already. To run it again: anyqueue retry ${own}`);
        if (!selection) return moveEach(queue, ids, lane, output);
        if (flags.preview || flags.dryRun) {
          const count = await queue.move(selection, { lane, preview: true });
          output.result({ wouldMove: count }, `Would move ${countOf(count, "job")} to ${lane}.`);
          if (count === 0) await noteOfEmpty(queue, selection, output);
          return;
        }
        const moved = await queue.move(selection, { lane, ...(rate && { rate }) });
        const left = await queue.move(selection, { lane, preview: true });
        const stay =
          left === 0
            ? ""
            : ` ${withThousands(left)} stayed; see whether lane ${lane} has jobs with their local ids or unique keys.`;
        output.result({ moved, left }, `Moved ${countOf(moved, "job")} to ${lane}${lastDue(moved, rate)}.${stay}`);
        if (moved + left === 0) await noteOfEmpty(queue, selection, output);
      }),
    );
}

async function moveEach(queue: Queue, ids: readonly string[], lane: string, output: Output): Promise<void> {
  const sentences: Readonly<Record<MoveOutcome, string>> = {
    moved: `waits in lane ${lane}`,
    duplicate: `stays where it is, since lane ${lane} has a job with its local id or unique key, or since a move into a third one was cut short`,
    unfinished: "has not ended, so it stays where it is",
    missing: "does not exist",
  };
  const outcomes: { id: string; outcome: MoveOutcome }[] = [];
  for (const id of ids) outcomes.push({ id, outcome: await queue.move(id, { lane }) });
  output.result({ outcomes }, outcomes.map(({ id, outcome }) => `${id} ${sentences[outcome]}`).join("\n"));
  if (outcomes.some(({ outcome }) => outcome !== "moved")) process.exitCode = EXIT.failed;
}
