import { type AddOptions, type KeepOptions, laneOf, parseDuration, type UniqueOptions } from "@anyqueue/api";
import { type Command, Option } from "commander";
import { UsageError } from "../failure.ts";
import { checkIds } from "../job-id.ts";
import { parseKeep } from "../keep-option.ts";
import { wholeNumber } from "../number-option.ts";
import { several } from "../selection.ts";
import { priorityOf } from "./payload.ts";

/** What the command line says of a job. */
export interface JobFlags {
  readonly lane?: string;
  readonly priority?: string;
  readonly delay?: string;
  readonly id?: string;
  readonly maxAttempts?: number;
  readonly timeout?: string;
  readonly group?: string;
  readonly keep?: KeepOptions;
  readonly unique?: string | true;
  readonly uniqueFields?: readonly string[];
  readonly uniqueUntil?: NonNullable<UniqueOptions["until"]>;
  readonly on?: NonNullable<UniqueOptions["on"]>;
  readonly orderingKey?: string;
  readonly dependsOn?: readonly string[];
  readonly onParent?: NonNullable<AddOptions["onParent"]>;
}

/** Adds the options that say what a job is to be like. */
export function jobOptions(command: Command): Command {
  return command
    .option("--lane <name>", "the lane (default: default)")
    .option("--priority <n|name>", "0 … 4294967295, lower first, or urgent, high, normal, low")
    .option("--delay <duration>", "not before this has passed: 90s, 5m, 1d")
    .option("--id <id>", "an id of your own, so that adding twice is adding once")
    .option("--max-attempts <n>", "how often it may be tried in total", wholeNumber("--max-attempts", 1, 1_000_000))
    .option("--timeout <duration>", "how long one attempt may take")
    .option("--group <name>", "jobs of a group can be listed and cancelled together")
    .option(
      "--keep <times>",
      "how long it is kept once it has ended: completed=1d,failed=7d,cancelled=false",
      parseKeep,
    )
    .option("--unique [key]", "one such job at a time: of this type and key, or else of this type and payload")
    .option("--unique-fields <paths>", "unique by these fields of the payload: user.id,kind", several)
    .option("--unique-until <when>", "until it has started, or finished (default), or for a time: 10m", parseUntil)
    .addOption(
      new Option("--on <what>", "what happens to the job that is there already (default: keep)").choices([
        "keep",
        "replace",
        "merge",
      ]),
    )
    .option("--ordering-key <key>", "jobs of one lane and key run one at a time, in the order they were added")
    .option("--depends-on <ids>", "the jobs that have to complete first; several with commas, or by repeating", several)
    .addOption(
      new Option("--on-parent <what>", "what happens if one of those does not complete (default: cancel)").choices([
        "cancel",
        "release",
        "leave",
      ]),
    );
}

/** In the form that the queue takes. @throws UsageError */
export function optionsOf(flags: JobFlags): AddOptions {
  const { lane, priority, delay, id, maxAttempts, group, timeout, keep, orderingKey, dependsOn, onParent } = flags;
  if (dependsOn) checkIds(dependsOn);
  if (onParent && !dependsOn) throw new UsageError("--on-parent goes with --depends-on; give both.");
  const unique = uniqueOf(flags);
  return {
    ...(lane !== undefined && { lane }),
    ...(priority !== undefined && { priority: priorityOf(priority) }),
    ...(delay !== undefined && { delay }),
    ...(id !== undefined && { id }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(group !== undefined && { group }),
    ...(timeout !== undefined && { timeout }),
    ...(keep && { keep }),
    ...(unique !== undefined && { unique }),
    ...(orderingKey !== undefined && { orderingKey }),
    ...(dependsOn && { dependsOn }),
    ...(onParent && { onParent }),
  };
}

/** The other options make a job unique as well, if only by its payload or as its type's definition says. */
function uniqueOf({ unique, uniqueFields, uniqueUntil, on }: JobFlags): true | UniqueOptions | undefined {
  const said: UniqueOptions = {
    ...(typeof unique === "string" && { key: unique }),
    ...(uniqueFields && { fields: uniqueFields }),
    ...(uniqueUntil && { until: uniqueUntil }),
    ...(on && { on }),
  };
  return Object.keys(said).length > 0 ? said : unique === undefined ? undefined : true;
}

function parseUntil(text: string): NonNullable<UniqueOptions["until"]> {
  if (text === "started" || text === "finished") return text;
  if (/^\d.*[a-z]$/.test(text)) return { window: parseDuration(text, "--unique-until") };
  throw new UsageError(`--unique-until takes started, finished, or a time such as 10m, not ${JSON.stringify(text)}.`);
}

/** Which lane a job comes into. */
export function laneFor(options: AddOptions | undefined, definedLane: string | undefined): string {
  const { id, lane } = options ?? {};
  return lane ?? (id?.includes(":") ? laneOf(id) : (definedLane ?? "default"));
}
