import { parseDuration, TERMINAL_STATES, type TerminalState } from "@anyqueue/api";
import type { Command } from "commander";
import { exitCodeOf } from "../exit-code.ts";
import { UsageError } from "../failure.ts";
import { progressOn } from "../output/progress.ts";
import { countOf } from "../output/table.ts";
import { several } from "../selection.ts";
import { withQueue } from "../session.ts";
import { onInterruption } from "../signals.ts";

interface Flags {
  readonly olderThan: string;
  readonly state?: readonly string[];
  readonly lane?: string;
}

/** Small enough that nobody waits for long while they go. */
const BATCH = 1000;

/** `anyqueue prune` */
export function pruneCommand(program: Command): void {
  program
    .command("prune")
    .description("Removes jobs that ended long enough ago, with their logs, a bounded batch at a time.")
    .requiredOption("--older-than <duration>", "how long ago they ended at least: 30m, 12h, 7d; 0 for all that ended")
    .option("--state <name>", "only completed, failed or cancelled ones; several with commas", several)
    .option("--lane <name>", "only of this lane")
    .addHelpText(
      "after",
      `
Workers remove finished jobs by themselves: completed ones after a day, others after a week.

Examples:
  $ anyqueue prune --older-than 7d
  $ anyqueue prune --older-than 0 --state completed --lane mail`,
    )
    .action((_flags, command: Command) =>
      withQueue<Flags>(command, async ({ flags, output, queue }) => {
        const olderThan = parseDuration(flags.olderThan, "--older-than");
        const states = terminalStates(flags.state);
        const lane = flags.lane === undefined ? {} : { lane: flags.lane };
        using interruption = onInterruption();
        const progress = progressOn();
        progress.begin("Removing");
        let removed = 0;
        let batch: number;
        do {
          batch = await queue.prune({ olderThan, states, ...lane, limit: BATCH });
          removed += batch;
          progress.update(removed);
          // A store may take more than it was asked for, such as a whole day at once.
        } while (batch >= BATCH && !interruption.signal.aborted);
        progress.end();
        output.result({ removed }, `Removed ${countOf(removed, "job")}.`);
        if (interruption.signal.aborted) process.exitCode = exitCodeOf(interruption.signal.reason as NodeJS.Signals);
      }),
    );
}

function terminalStates(names: readonly string[] = TERMINAL_STATES): readonly TerminalState[] {
  const known: readonly string[] = TERMINAL_STATES;
  const wrong = names.find((name) => !known.includes(name));
  if (wrong === undefined) return names as readonly TerminalState[];
  throw new UsageError(`--state ${wrong}: only ${TERMINAL_STATES.join(", ")} jobs can be pruned.`);
}
