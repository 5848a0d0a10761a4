import type { Missed, Overlap, ScheduledJobOptions, When } from "@anyqueue/api";
import { type Command, Option } from "commander";
import { parsePayload, priorityOf } from "../add/payload.ts";
import { UsageError } from "../failure.ts";
import { wholeNumber } from "../number-option.ts";
import { printable } from "../output/printable.ts";
import { withQueue } from "../session.ts";
import { nextTick } from "./change.ts";

interface Flags {
  readonly cron?: string;
  readonly tz?: string;
  readonly every?: string;
  readonly start?: Date;
  readonly end?: Date;
  readonly missed?: Missed;
  readonly overlap?: Overlap;
  readonly lane?: string;
  readonly priority?: string;
  readonly maxAttempts?: number;
  readonly timeout?: string;
  readonly group?: string;
}

/** `anyqueue schedule add` */
export function scheduleAddCommand(schedule: Command): void {
  schedule
    .command("add")
    .description("Makes a schedule, or changes the one of this name. Where it is so already, nothing is written.")
    .argument("<name>", "the schedule's name")
    .argument("<type>", "the type of its jobs, such as report.build")
    .argument("[payload]", "their payload as JSON (null when absent)")
    .option("--cron <pattern>", "minute, hour, day of month, month, day of week; six fields begin with seconds")
    .option("--tz <zone>", "the time zone of --cron, such as Europe/Berlin (default: UTC)")
    .option("--every <duration>", "at intervals: 30s, 15m, 1d; counted from --start, else from 1970")
    .option("--start <time>", "no tick before this, such as 2027-01-01T00:00Z", timeOption("--start"))
    .option("--end <time>", "no tick after this", timeOption("--end"))
    .addOption(
      new Option("--missed <policy>", "what to do about ticks that passed while nothing ran (default: once)").choices([
        "skip",
        "once",
        "all",
      ]),
    )
    .addOption(
      new Option("--overlap <policy>", "when the job of the tick before is unfinished (default: allow)").choices([
        "allow",
        "skip",
        "queue",
      ]),
    )
    .option("--lane <name>", "the lane of its jobs (default: default)")
    .option("--priority <n|name>", "0 … 4294967295, lower first, or urgent, high, normal, low")
    .option("--max-attempts <n>", "how often each may be tried in total", wholeNumber("--max-attempts", 1, 1_000_000))
    .option("--timeout <duration>", "how long one attempt may take")
    .option("--group <name>", "jobs of a group can be listed and cancelled together")
    .addHelpText("after", HELP)
    .action((name: string, type: string, payload: string | undefined, _flags, command: Command) =>
      withQueue<Flags>(command, async ({ flags, output, queue }) => {
        const { missed, overlap } = flags;
        const made = await queue.schedule(name, whenOf(flags), type, parsePayload(payload), {
          ...(missed !== undefined && { missed }),
          ...(overlap !== undefined && { overlap }),
          job: jobOptionsOf(flags),
        });
        output.result({ schedule: made }, `Schedule ${printable(name)}: ${nextTick(made)}.`);
      }),
    );
}

const HELP = `
Ticks are made by workers (anyqueue work, or queue.work in a program); this command only writes down when.
--missed: skip makes up for none, once adds one job for all of them, all adds one for each of the newest 1000.
--overlap: allow adds the job all the same, skip leaves the tick out, queue lets it wait for the one before.

Examples:
  $ anyqueue schedule add nightly report.build '{"deep":true}' --cron '0 3 * * *' --tz Europe/Berlin
  $ anyqueue schedule add pulse health.check --every 30s --overlap skip --missed skip --lane ops`;

function whenOf({ cron, tz, every, start, end }: Flags): When {
  const span = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
  if (cron !== undefined && every === undefined) return { cron, ...(tz !== undefined && { tz }), ...span };
  if (every !== undefined && cron !== undefined) throw new UsageError("Give --cron or --every, not both.");
  if (every === undefined) {
    throw new UsageError("Say when, by --cron '0 3 * * *' or by --every 15m.");
  }
  if (tz !== undefined) throw new UsageError("--tz goes with --cron; leave it out.");
  return { every, ...span };
}

function jobOptionsOf({ lane, priority, maxAttempts, timeout, group }: Flags): ScheduledJobOptions {
  return {
    ...(lane !== undefined && { lane }),
    ...(priority !== undefined && { priority: priorityOf(priority) }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(timeout !== undefined && { timeout }),
    ...(group !== undefined && { group }),
  };
}

function timeOption(name: string): (text: string) => Date {
  return (text) => {
    const time = new Date(text);
    // A time of day without a zone would be this machine's.
    if (/^\d{4}-[^T]*(T.*(Z|[+-]\d\d:?\d\d))?$/i.test(text) && time.getTime() >= 0) return time;
    throw new UsageError(`${name} takes a time such as 2027-01-01T00:00Z, not ${JSON.stringify(text)}.`);
  };
}
