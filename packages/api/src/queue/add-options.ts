import { Type } from "typebox";
import { JobInputSchema } from "../check/schemas.ts";
import { show, validator } from "../check/validator.ts";
import type { Backoff, OnParent, Unique } from "../contract/job.ts";
import type { PriorityName } from "../contract/names.ts";
import { QueueError } from "../errors.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import type { JobInput } from "../store/job-input.ts";
import type { BackoffOptions, JobDefinition } from "./catalog.ts";

/** How a job is added. What is absent comes from the type's definition, then from the defaults. */
export interface AddOptions {
  /** A local id of your own, so that adding twice is adding once (P3); a time-ordered UUID when absent. */
  readonly id?: string;
  readonly lane?: string;
  /** 0 … 4 294 967 295, lower first, or `urgent`, `high`, `normal`, `low`. */
  readonly priority?: number | PriorityName;
  /** Not before this much time has passed. */
  readonly delay?: Duration;
  /** Not before this time: a `Date`, or epoch milliseconds. */
  readonly runAt?: Date | number;
  /** How often it may be tried in total. */
  readonly maxAttempts?: number;
  readonly backoff?: BackoffOptions;
  /** How long one attempt may take. */
  readonly timeout?: Duration;
  /** Jobs of one group can be listed and cancelled together. */
  readonly group?: string;
  /** A first state of your own instead of `waiting`. */
  readonly state?: string;
  readonly orderingKey?: string;
  readonly unique?: Unique;
  readonly dependsOn?: readonly string[];
  readonly onParent?: OnParent;
}

const {
  runAt: _runAt,
  delayMs: _delayMs,
  timeoutMs: _timeoutMs,
  type: _type,
  payload: _payload,
  progress: _progress,
  ...rest
} = JobInputSchema.properties;
const Any = Type.Optional(Type.Unknown());
const validate = validator(
  Type.Object({ ...rest, delay: Any, runAt: Any, timeout: Any, backoff: Any }, { additionalProperties: false }),
);

/** Brings options into the store's form. @throws QueueError `INVALID` naming the option and, if misspelt, the nearest. */
export function jobInput(
  type: string,
  payload: unknown,
  definition: JobDefinition | undefined,
  options?: AddOptions,
): JobInput {
  if (options === undefined && definition === undefined) return { type, payload };
  return withOptions(type, payload, definition, options ?? {});
}

function withOptions(
  type: string,
  payload: unknown,
  definition: JobDefinition | undefined,
  options: AddOptions,
): JobInput {
  const subject = `Cannot add a ${type} job`;
  validate(options, subject);
  refuseReserved(options, subject);
  const { delay, runAt, timeout = definition?.timeout, backoff = definition?.backoff, ...plain } = options;
  const lane = options.lane ?? definition?.lane;
  const priority = options.priority ?? definition?.priority;
  const maxAttempts = options.maxAttempts ?? definition?.maxAttempts;
  return {
    ...plain,
    type,
    payload,
    ...(lane !== undefined && { lane }),
    ...(priority !== undefined && { priority }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(delay !== undefined && { delayMs: parseDuration(delay, "delay") }),
    ...(runAt !== undefined && { runAt: parseTime(runAt, subject) }),
    ...(timeout !== undefined && { timeoutMs: parseDuration(timeout, "timeout") }),
    ...(backoff !== undefined && { backoff: parseBackoff(backoff) }),
  };
}

/** Names that begin with `$` are AnyQueue's own. */
function refuseReserved({ id, lane, state }: AddOptions, subject: string): void {
  for (const [field, name] of Object.entries({ id: id?.includes(":") ? id : undefined, lane, state })) {
    if (name?.startsWith("$") !== true) continue;
    throw new QueueError(
      "INVALID",
      `${subject}: \`${field}\` cannot be ${show(name)}; names that begin with $ are reserved.`,
    );
  }
}

/** Brings a backoff into the form that is stored with the job. */
function parseBackoff(options: BackoffOptions): Backoff {
  if (typeof options !== "object" || options === null) {
    throw new QueueError("INVALID", `\`backoff\` must be an object such as { type, delay }, not ${show(options)}.`);
  }
  const { type, delay, max, jitter, ...unknown } = options;
  const [extra] = Object.keys(unknown);
  if (extra !== undefined) {
    throw new QueueError("INVALID", `\`backoff.${extra}\` is not an option. Known are type, delay, max, jitter.`);
  }
  return {
    type,
    delayMs: parseDuration(delay, "backoff.delay"),
    ...(max !== undefined && { maxMs: parseDuration(max, "backoff.max") }),
    ...(jitter !== undefined && { jitter }),
  };
}

function parseTime(time: unknown, subject: string): number {
  const ms = time instanceof Date ? time.getTime() : time;
  if (typeof ms === "number" && Number.isFinite(ms) && ms >= 0) return Math.ceil(ms);
  throw new QueueError(
    "INVALID",
    `${subject}: \`runAt\` must be a valid Date or epoch milliseconds, not ${show(time)}.`,
  );
}
