import type { Command } from "commander";
import { scheduleAddCommand } from "../schedule/add.ts";
import { scheduleListCommand } from "../schedule/list.ts";
import { schedulePauseCommand, scheduleRemoveCommand, scheduleResumeCommand } from "../schedule/change.ts";

/** `anyqueue schedule` */
export function scheduleCommand(program: Command): void {
  const schedule = program
    .command("schedule")
    .summary("jobs at set times: add, list, pause, resume, remove")
    .description(
      "Schedules add jobs by a cron pattern or at intervals, wherever workers run: exactly one job per tick.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ anyqueue schedule add nightly report.build '{"deep":true}' --cron '0 3 * * *' --tz Europe/Berlin
  $ anyqueue schedule list
  $ anyqueue schedule pause nightly`,
    );
  scheduleAddCommand(schedule);
  scheduleListCommand(schedule);
  schedulePauseCommand(schedule);
  scheduleResumeCommand(schedule);
  scheduleRemoveCommand(schedule);
}
