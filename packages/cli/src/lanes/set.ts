import type { Lane, LaneOptions, LaneSettings } from "@anyqueue/api";
import { type Command, Option } from "commander";
import { UsageError } from "../failure.ts";
import { parseKeep } from "../keep-option.ts";
import { wholeNumber } from "../number-option.ts";
import { rateOption, type RatePerTime } from "../rate-option.ts";
import { several } from "../selection.ts";
import { withQueue } from "../session.ts";
import { noteNewLane } from "./new-lane.ts";
import { SETTINGS, settingsLine } from "./settings.ts";

interface Flags {
  readonly paused?: true;
  readonly capacity?: number;
  readonly concurrency?: number;
  readonly rate?: RatePerTime;
  readonly burst?: number;
  readonly order?: "fifo" | "priority";
  readonly keyConcurrency?: number;
  readonly keep?: NonNullable<LaneOptions["keep"]>;
  readonly history?: NonNullable<LaneSettings["history"]>;
  readonly reset?: readonly string[];
}

const MOST = 1_000_000_000;
const MOST_AT_ONCE = 10_000;

/** `anyqueue lanes set` */
export function lanesSetCommand(lanes: Command): void {
  lanes
    .command("set")
    .summary("change the settings of a lane")
    .description("Changes settings of a lane, at once and for every process; those that are not named stay.")
    .argument("<lane>", "the lane; it comes into being if there is none of this name")
    .option("--capacity <n>", "how many unfinished jobs it takes", wholeNumber("--capacity", 1, MOST))
    .option("--concurrency <n>", "how many jobs may run at once", wholeNumber("--concurrency", 1, MOST_AT_ONCE))
    .option("--rate <n/time>", "how many jobs may start per time: 10/s, 100/m, 5/30s", rateOption("--rate"))
    .option("--burst <n>", "how many of them at once after a pause (default: all)", wholeNumber("--burst", 1, MOST))
    .addOption(new Option("--order <order>", "fifo: one at a time, as they were added").choices(["fifo", "priority"]))
    .option(
      "--key-concurrency <n>",
      "how many jobs of one ordering key may run at once",
      wholeNumber("--key-concurrency", 1, MOST_AT_ONCE),
    )
    .option("--keep <times>", "how long jobs are kept that have ended: completed=1d,failed=7d,count=1000", parseKeep)
    .addOption(
      new Option("--history <what>", "what is logged of its jobs: failures, or all that happens").choices([
        "all",
        "failures",
      ]),
    )
    .option("--paused", "no worker takes its jobs (as by anyqueue pause)")
    .option("--reset <settings>", "bring these back to what they were at first, with commas; or all", several)
    .addHelpText("after", HELP)
    .action((name: string, _flags, command: Command) =>
      withQueue<Flags>(command, async ({ flags, output, queue }) => {
        const options = optionsOf(flags);
        const lane = queue.lane(name);
        await noteNewLane(queue, name, output);
        await lane.configure(options);
        const { settings } = await lane.status();
        output.result({ lane: name, settings }, sentence(lane, settings));
      }),
    );
}

const HELP = `
--rate and --keep are set as a whole. In --keep, false stands for removing a job in the step that ends it, and count for
how many ended jobs are kept at most. Jobs that a full lane does not take are refused with LANE_FULL.

Settings: ${Object.keys(SETTINGS).join(", ")}.

Examples:
  $ anyqueue lanes set mail --concurrency 4 --rate 100/m --burst 10
  $ anyqueue lanes set import --capacity 10000 --keep completed=false,failed=7d
  $ anyqueue lanes set mail --reset rate,concurrency`;

function optionsOf({ burst, reset = [], rate, ...flags }: Flags): LaneOptions {
  const set: LaneOptions = {
    ...pick(flags),
    ...(rate && { rate: { ...rate, ...(burst !== undefined && { burst }) } }),
  };
  if (burst !== undefined && !rate) throw new UsageError("--burst goes with --rate; give both.");
  const names = reset.includes("all") ? Object.keys(SETTINGS) : reset;
  const fields = names.map((name) => {
    const field = (SETTINGS as Readonly<Record<string, keyof LaneOptions>>)[name];
    if (field === undefined) throw unknownSetting(name);
    if (set[field] !== undefined && !reset.includes("all"))
      throw new UsageError(`--${name} sets what --reset ${name} resets; give one of them.`);
    return field;
  });
  if (fields.length === 0 && Object.keys(set).length === 0) {
    throw new UsageError("Say what to set, such as --capacity 1000 or --rate 10/s. See: anyqueue lanes set --help");
  }
  return { ...Object.fromEntries(fields.map((field) => [field, null])), ...set };
}

/** The settings among all options, also those that every command takes. */
function pick({ paused, capacity, concurrency, order, keyConcurrency, keep, history }: Flags): LaneOptions {
  return {
    ...(paused && { paused }),
    ...(capacity !== undefined && { capacity }),
    ...(concurrency !== undefined && { concurrency }),
    ...(order && { order }),
    ...(keyConcurrency !== undefined && { keyConcurrency }),
    ...(keep && { keep }),
    ...(history && { history }),
  };
}

function unknownSetting(name: string): UsageError {
  return new UsageError(
    `--reset does not know ${JSON.stringify(name)}. Known are ${Object.keys(SETTINGS).join(", ")}, all.`,
  );
}

function sentence({ name }: Lane, settings: LaneSettings): string {
  const line = settingsLine(settings);
  return line === "" ? `Lane ${name}: nothing is set.` : `Lane ${name}: ${line}.`;
}
