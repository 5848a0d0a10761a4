import { type CancelOutcome, isTerminal, type JobSelection, type Queue } from "@anyqueue/api";
import type { Command } from "commander";
import { noteOfEmpty } from "../empty-selection.ts";
import { countJobs } from "../count-jobs.ts";
import { EXIT } from "../exit-code.ts";
import type { Output } from "../output/output.ts";
import { countOf, withThousands } from "../output/table.ts";
import {
  idsOrSelection,
  type PreviewFlags,
  previewOption,
  type SelectionFlags,
  selectionOptions,
} from "../selection.ts";
import { withQueue } from "../session.ts";

type Flags = SelectionFlags & PreviewFlags;

const SENTENCES: Readonly<Record<CancelOutcome, string>> = {
  cancelled: "cancelled",
  requested: "is running; its worker is asked to stop",
  finished: "has ended already",
  missing: "does not exist",
};

/** `anyqueue cancel` */
export function cancelCommand(program: Command): void {
  const command = program
    .command("cancel")
    .description("Cancels jobs: at once where nobody works on them; a worker that does is asked to stop.")
    .argument("[ids...]", "the jobs' ids");
  previewOption(selectionOptions(command))
    .addHelpText(
      "after",
      `
Exit code 1 when a named job does not exist or has ended already.

Examples:
  $ anyqueue cancel mail:welcome-ada
  $ anyqueue cancel --group import-42
  $ anyqueue cancel --lane mail --state waiting --preview
  $ anyqueue cancel --type mail.send --where '{"payload.to":"ada@example.org"}'`,
    )
    .action((ids: string[], _flags, command: Command) =>
      withQueue<Flags>(command, async ({ flags, output, queue }) => {
        const selection = idsOrSelection("cancel", ids, flags);
        if (!selection) await cancelEach(queue, ids, output);
        else if (flags.preview || flags.dryRun) await preview(queue, selection, output);
        else {
          const { cancelled, requested } = await queue.cancel(selection);
          const asked = requested === 0 ? "" : ` Running and asked to stop: ${withThousands(requested)}.`;
          output.result({ cancelled, requested }, `Cancelled ${countOf(cancelled, "job")}.${asked}`);
          if (cancelled + requested === 0) await noteOfEmpty(queue, selection, output);
        }
      }),
    );
}

async function cancelEach(queue: Queue, ids: readonly string[], output: Output): Promise<void> {
  const outcomes: { id: string; outcome: CancelOutcome }[] = [];
  for (const id of ids) outcomes.push({ id, outcome: await queue.cancel(id) });
  output.result({ outcomes }, outcomes.map(({ id, outcome }) => `${id} ${SENTENCES[outcome]}`).join("\n"));
  if (outcomes.some(({ outcome }) => outcome === "missing" || outcome === "finished")) process.exitCode = EXIT.failed;
}

async function preview(queue: Queue, selection: JobSelection, output: Output): Promise<void> {
  const count = await countJobs(queue, selection, ({ state }) => !isTerminal(state));
  output.result({ wouldCancel: count }, `Would cancel ${countOf(count, "job")}.`);
  if (count === 0) await noteOfEmpty(queue, selection, output);
}
