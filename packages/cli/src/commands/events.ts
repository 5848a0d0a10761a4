import type { JobEvent, StreamedEvent } from "@anyqueue/api";
import type { Command } from "commander";
import { UsageError } from "../failure.ts";
import { checkIds } from "../job-id.ts";
import { eventText } from "../output/event-text.ts";
import { several } from "../selection.ts";
import { withQueue } from "../session.ts";
import { onInterruption } from "../signals.ts";

interface Flags {
  readonly follow?: boolean;
  readonly after?: string;
  readonly kind?: readonly JobEvent["kind"][];
}

/** `anyqueue events` */
export function eventsCommand(program: Command): void {
  program
    .command("events")
    .summary("tell the log, and follow it")
    .description(
      "Tells the log of all jobs or of one: failed attempts and what users appended, in lanes with history: all every transition.",
    )
    .argument("[id]", "the job's id, such as mail:0192f0c1-…; every job when absent")
    .option("--follow", "go on with what happens, until Ctrl-C, or until the one job has ended")
    .option("--after <cursor>", "go on behind an event (its `cursor` in --json)")
    .option("--kind <kind>", "only inserted, moved, failed or user; several with commas, or by repeating", kinds)
    .addHelpText(
      "after",
      `
With --json it prints a JSON line for each event.

Examples:
  $ anyqueue events --kind failed
  $ anyqueue events mail:welcome-ada --follow
  $ anyqueue events --follow --json | jq -c 'select(.kind == "failed") | {id, error: .error.message}'`,
    )
    .action((id: string | undefined, _flags, command: Command) =>
      withQueue<Flags>(command, async ({ flags, output, queue }) => {
        if (id !== undefined) checkIds([id]);
        using interruption = onInterruption();
        const { after, kind, follow = false } = flags;
        const stream = queue.events({
          follow,
          signal: interruption.signal,
          ...(id !== undefined && { id }),
          ...(after !== undefined && { after }),
          ...(kind && { kinds: kind }),
        });
        let isEmpty = true;
        for await (const event of stream) {
          isEmpty = false;
          output.result(event, lineOf(event, id === undefined));
        }
        if (output.json) return;
        if (isEmpty) output.note("No events.");
        else output.note(`To go on from here: --after '${stream.cursor}'`);
      }),
    );
}

function lineOf(event: StreamedEvent, isOfAny: boolean): string {
  const time = new Date(event.at).toISOString();
  return [time, ...(isOfAny ? [event.id] : []), eventText(event)].join("  ");
}

const KINDS: readonly JobEvent["kind"][] = ["inserted", "moved", "failed", "user"];

function kinds(text: string, before: readonly JobEvent["kind"][] = []): readonly JobEvent["kind"][] {
  const names = several(text);
  const wrong = names.find((name) => !(KINDS as readonly string[]).includes(name));
  if (wrong !== undefined)
    throw new UsageError(`--kind takes ${KINDS.slice(0, -1).join(", ")} or user, not ${JSON.stringify(wrong)}.`);
  return [...before, ...(names as JobEvent["kind"][])];
}
