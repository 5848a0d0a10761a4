import type { Schedule, Timetable } from "@anyqueue/api";
import type { Command } from "commander";
import { fromNow, humanDuration } from "../output/durations.ts";
import { brief } from "../output/printable.ts";
import { table } from "../output/table.ts";
import { withQueue } from "../session.ts";

/** `anyqueue schedule list` */
export function scheduleListCommand(schedule: Command): void {
  schedule
    .command("list")
    .description("Lists the schedules with their last tick and their next one.")
    .addHelpText("after", "\nExamples:\n  $ anyqueue schedule list\n  $ anyqueue schedule list --json")
    .action((_flags, command: Command) =>
      withQueue(command, async ({ output, queue }) => {
        const schedules = await queue.schedules();
        output.result({ schedules }, schedules.length === 0 ? "No schedules." : scheduleTable(schedules));
      }),
    );
}

function scheduleTable(schedules: readonly Schedule[]): string {
  const now = Date.now();
  return table(
    ["name", "when", "type", "lane", "last", "next", "trouble"],
    schedules.map(({ name, when, type, job, last, next, paused, trouble }) => [
      brief(name, 40),
      describeWhen(when),
      brief(type, 40),
      job.lane,
      last === undefined ? "" : fromNow(last.at, now),
      paused ? "paused" : next === null ? "ended" : fromNow(next, now),
      trouble === undefined ? "" : brief(trouble.message, 60),
    ]),
  );
}

/** A timetable as it was told. */
function describeWhen(when: Timetable): string {
  return "cron" in when ? brief(`${when.cron} ${when.tz}`, 60) : `every ${humanDuration(when.every)}`;
}
