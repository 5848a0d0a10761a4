import { Type } from "typebox";
import { JobInputSchema } from "../check/schemas.ts";
import { show, validator } from "../check/validator.ts";
import type { Backoff, KeepFor, OnParent } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";
import type { PriorityName } from "../contract/names.ts";
import { QueueError } from "../errors.ts";
import type { Coalescing, Newcomer } from "../policy/coalescing.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import { parseTime } from "../policy/time.ts";
import type { JobInput } from "../store/job-input.ts";
import type { BackoffOptions, JobDefinition } from "./catalog.ts";
import { keepForJob, type KeepOptions } from "./keep-options.ts";
import { checkUnique, resolveUnique, uniquenessOf, type UniqueOptions } from "./unique.ts";

/** How a job is added. What is absent comes from the type's definition, then from the defaults. */
export interface AddOptions<P = Json> {
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
  /** Jobs of one lane and key run one at a time, in the order in which they were added (P18). */
  readonly orderingKey?: string;
  /** At most one such job at a time (P17); `true` compares types and payloads, `false` switches a definition's off. */
  readonly unique?: boolean | UniqueOptions<P>;
  /** Ids of jobs that have to complete before this one can run; until then it is `blocked` (P20). */
  readonly dependsOn?: readonly string[];
  /** What becomes of it when one of them ends otherwise: `cancel` (when absent), `release` or `leave`. */
  readonly onParent?: OnParent;
  /** How long it is kept once it has ended, where its lane's setting does not fit (P26). */
  readonly keep?: KeepOptions;
}

/** A job to add, in the store's form. */
export interface Addition {
  readonly input: JobInput;
  /** What to do to the job that holds its unique key; absent, it is kept as it is. */
  readonly coalescing?: Coalescing | undefined;
  /** What of it counts for that job. What only the type's definition names does not. */
  readonly newcomer?: Newcomer | undefined;
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
  Type.Object(
    { ...rest, delay: Any, runAt: Any, timeout: Any, backoff: Any, unique: Any, keep: Any },
    { additionalProperties: false },
  ),
);

/** Brings options into the store's form. @throws QueueError `INVALID` naming the option and, if misspelt, the nearest. */
export function additionOf(
  type: string,
  payload: unknown,
  definition: JobDefinition | undefined,
  options?: AddOptions,
): Addition {
  if (options === undefined && definition === undefined) return { input: { type, payload } };
  return withOptions(type, payload, definition, options ?? {});
}

function withOptions(
  type: string,
  payload: unknown,
  definition: JobDefinition | undefined,
  options: AddOptions,
): Addition {
  const subject = `Cannot add a ${type} job`;
  validate(options, subject);
  refuseReserved(options, subject);
  const { delay, runAt, timeout = definition?.timeout, backoff = definition?.backoff, ...others } = options;
  const { unique: own, keep: ownKeep, ...plain } = others;
  const lane = options.lane ?? definition?.lane;
  const priority = options.priority ?? definition?.priority;
  const maxAttempts = options.maxAttempts ?? definition?.maxAttempts;
  const orderingKey = options.orderingKey ?? orderingKeyOf(definition, payload, subject);
  const keeps = [definition?.keep, ownKeep].filter((keep) => keep !== undefined);
  checkUnique(own, subject);
  const unique = resolveUnique(own, definition?.unique);
  const uniqueness = unique && uniquenessOf(type, payload, unique, subject);
  const input = {
    ...plain,
    type,
    payload,
    ...(lane !== undefined && { lane }),
    ...(priority !== undefined && { priority }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(delay !== undefined && { delayMs: parseDuration(delay, "delay") }),
    ...(runAt !== undefined && { runAt: parseTime(runAt, "runAt") }),
    ...(timeout !== undefined && { timeoutMs: parseDuration(timeout, "timeout") }),
    ...(backoff !== undefined && { backoff: parseBackoff(backoff) }),
    ...(orderingKey !== undefined && { orderingKey }),
    ...(keeps.length > 0 && { keep: Object.assign({}, ...keeps.map((keep) => keepForJob(keep, subject))) as KeepFor }),
    ...(uniqueness && { unique: uniqueness.unique }),
  };
  if (uniqueness?.coalescing === undefined) return { input };
  const { priority: _priority, ...unnamed } = input;
  return { input, coalescing: uniqueness.coalescing, newcomer: options.priority === undefined ? unnamed : input };
}

/** The ordering key that a definition names, or takes from the payload. */
function orderingKeyOf(definition: JobDefinition | undefined, payload: unknown, subject: string): string | undefined {
  const key = definition?.orderingKey;
  if (typeof key !== "function") return key;
  try {
    return key(payload as never);
  } catch (cause) {
    throw new QueueError(
      "INVALID",
      `${subject}: the \`orderingKey\` of its definition threw: ${(cause as Error)?.message ?? cause}`,
      { cause },
    );
  }
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
