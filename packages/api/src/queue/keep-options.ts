import { Type } from "typebox";
import { count } from "../check/fields.ts";
import { validator } from "../check/validator.ts";
import type { KeepFor } from "../contract/job.ts";
import type { Keep } from "../contract/lane.ts";
import { TERMINAL_STATES } from "../contract/names.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";

/** How long a finished job is kept, by the way it ended; `false` removes it in the step that finishes it (P26). */
export interface KeepOptions {
  readonly completed?: Duration | false;
  readonly failed?: Duration | false;
  readonly cancelled?: Duration | false;
}

/** How long the finished jobs of a lane are kept, and how many of them. */
export interface LaneKeepOptions extends KeepOptions {
  /** At most so many finished jobs, the newest ones, however young the others are. */
  readonly count?: number;
}

const Any = Type.Optional(Type.Unknown());
const ends = { completed: Any, failed: Any, cancelled: Any };
const shape = { additionalProperties: false, description: 'an object such as { completed: "1d", failed: "7d" }' };
const validateJob = validator(Type.Object(ends, shape));
const validateLane = validator(Type.Object({ ...ends, count: Type.Optional(count(Number.MAX_SAFE_INTEGER)) }, shape));

/** Brings what a job says into the form that is stored with it. @throws QueueError `INVALID` naming the field. */
export function keepForJob(keep: KeepOptions, subject: string): KeepFor {
  validateJob(keep, `${subject}: \`keep\``);
  return inMilliseconds(keep);
}

/** Brings what a lane says into the form of its settings. @throws QueueError `INVALID` naming the field. */
export function keepForLane(keep: LaneKeepOptions, subject: string): Keep {
  validateLane(keep, `${subject}: \`keep\``);
  return { ...inMilliseconds(keep), ...(keep.count !== undefined && { count: keep.count }) };
}

function inMilliseconds(keep: KeepOptions): KeepFor {
  const said = TERMINAL_STATES.flatMap((state) => {
    const time = keep[state];
    return time === undefined ? [] : [[state, time === false ? time : parseDuration(time, `keep.${state}`)]];
  });
  return Object.fromEntries(said) as KeepFor;
}
