import { type Added, isQueueError, type Queue } from "@anyqueue/api";
import type { Config } from "../config.ts";
import { CommandError, UsageError } from "../failure.ts";
import type { Output } from "../output/output.ts";
import { type JobFlags, laneFor, optionsOf } from "./job-options.ts";
import { parsePayload } from "./payload.ts";

/** Adds one job, prints its id, and notes what a person would not expect. */
export async function addOne(
  { queue, output, config, flags }: { queue: Queue; output: Output; config: Config; flags: JobFlags },
  type: string | undefined,
  payload: string | undefined,
): Promise<void> {
  refuseSwallowed(type, flags);
  if (type === undefined)
    throw new UsageError("Name the job's type, or a file of jobs with --file. See: anyqueue add --help");
  const options = optionsOf(flags);
  const { jobs } = config;
  let added: Added;
  try {
    added = await queue.add(type, parsePayload(payload), options);
  } catch (error) {
    if (!isQueueError(error, "LANE_FULL")) throw error;
    const lane = laneFor(options, jobs && Object.hasOwn(jobs, type) ? jobs[type]?.lane : undefined);
    throw new CommandError("LANE_FULL", fullSentence(lane, "The job was"), { cause: error });
  }
  const { id, status } = added;
  const state = options.dependsOn === undefined ? undefined : (await queue.get(id))?.state;
  output.result(
    { id, status, ...(added.status === "existing" && { by: added.by }), ...(state !== undefined && { state }) },
    id,
  );
  if (output.json) return;
  const note = noteOf(added, options.unique !== undefined && flags.on !== undefined && flags.on !== "keep");
  if (note !== undefined) output.note(note);
  if (status === "added" && state === "cancelled") {
    output.note(
      "It was cancelled at once: a job that it depends on is not there, or ended without completing. See --on-parent.",
    );
  }
}

/** What to do when a lane takes no more jobs. */
export function fullSentence(lane: string, subject: string): string {
  return `Lane ${lane} is full. ${subject} not added: try again when workers have finished some, or raise the capacity: anyqueue lanes set ${lane} --capacity <n>`;
}

/** `--unique` takes what follows for its key, even if that was meant for the type. */
function refuseSwallowed(type: string | undefined, { unique }: JobFlags): void {
  if (typeof unique !== "string" || (type !== undefined && !/^[[{"]/.test(type))) return;
  throw new UsageError(
    `--unique takes ${JSON.stringify(unique)}, which follows it, for its key. Put --unique behind type and payload, or write --unique=<key>.`,
  );
}

function noteOf(added: Added, wasToChange: boolean): string | undefined {
  switch (added.status) {
    case "added":
      return undefined;
    case "replaced":
      return "This job has the unique key; it was replaced, and none was added.";
    case "merged":
      return "This job has the unique key; the payload was merged into its own, and none was added.";
    case "existing":
      return existingNote(added, wasToChange);
  }
}

type Existing = Extract<Added, { readonly status: "existing" }>;

function existingNote({ by, job }: Existing, wasToChange: boolean): string {
  if (by === "id") return `A job with this id is there already (${job.state}); nothing was changed.`;
  const why = wasToChange ? `is ${job.state}, so it stays as it is` : `is there already (${job.state})`;
  return `The job with this unique key ${why}; nothing was changed.`;
}
