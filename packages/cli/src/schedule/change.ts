import type { Schedule } from "@anyqueue/api";
import type { Command } from "commander";
import { CommandError } from "../failure.ts";
import { fromNow } from "../output/durations.ts";
import { printable } from "../output/printable.ts";
import { withQueue } from "../session.ts";

/** `anyqueue schedule pause` */
export function schedulePauseCommand(schedule: Command): void {
  schedule
    .command("pause")
    .description("Pauses a schedule: its ticks pass without a job until it is resumed.")
    .argument("<name>", "the schedule's name")
    .addHelpText("after", "\nExample:\n  $ anyqueue schedule pause nightly")
    .action((name: string, _flags, command: Command) =>
      withQueue(command, async ({ output, queue }) => {
        const paused = await found(name, queue.pauseSchedule(name));
        const sentence = paused.paused
          ? `Schedule ${printable(name)} is paused. End it with: anyqueue schedule resume ${printable(name)}`
          : `Schedule ${printable(name)} has ended; there is nothing to pause.`;
        output.result({ schedule: paused }, sentence);
      }),
    );
}

/** `anyqueue schedule resume` */
export function scheduleResumeCommand(schedule: Command): void {
  schedule
    .command("resume")
    .description("Ends the pause of a schedule: it goes on with its first tick from now.")
    .argument("<name>", "the schedule's name")
    .addHelpText("after", "\nExample:\n  $ anyqueue schedule resume nightly")
    .action((name: string, _flags, command: Command) =>
      withQueue(command, async ({ output, queue }) => {
        const resumed = await found(name, queue.resumeSchedule(name));
        output.result({ schedule: resumed }, `Schedule ${printable(name)}: ${nextTick(resumed)}.`);
      }),
    );
}

/** `anyqueue schedule remove` */
export function scheduleRemoveCommand(schedule: Command): void {
  schedule
    .command("remove")
    .description("Removes a schedule; the jobs that it has added stay.")
    .argument("<name>", "the schedule's name")
    .addHelpText("after", "\nExample:\n  $ anyqueue schedule remove nightly")
    .action((name: string, _flags, command: Command) =>
      withQueue(command, async ({ output, queue }) => {
        if (!(await queue.unschedule(name))) throw missing(name);
        output.result({ name, removed: true }, `Schedule ${printable(name)} is removed.`);
      }),
    );
}

/** When a schedule ticks next, as the end of a sentence. */
export function nextTick({ next, paused }: Schedule, now = Date.now()): string {
  if (paused) return "it is paused";
  return next === null
    ? "it has ended, there is no tick left"
    : `the next tick is at ${new Date(next).toISOString()} (${fromNow(next, now)})`;
}

async function found(name: string, changing: Promise<Schedule | null>): Promise<Schedule> {
  const schedule = await changing;
  if (schedule) return schedule;
  throw missing(name);
}

function missing(name: string): CommandError {
  return new CommandError("MISSING", `There is no schedule ${printable(name)}; see \`anyqueue schedule list\`.`);
}
