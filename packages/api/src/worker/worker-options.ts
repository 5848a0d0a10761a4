import { Type } from "typebox";
import { LaneName, MAX_BATCH, MAX_NAME_LENGTH } from "../check/schemas.ts";
import { validator } from "../check/validator.ts";
import { QueueError } from "../errors.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";

/** How a worker works. */
export interface WorkerOptions {
  /** The lanes to serve, with weights if given as an object; every lane when absent. */
  readonly lanes?: readonly string[] | { readonly [lane: string]: number };
  /** How many handlers may run at once; 10 when absent. */
  readonly concurrency?: number;
  /** How many more jobs to claim ahead; when absent, as many as the handlers finish in about 50 ms, at most 500. */
  readonly prefetch?: number;
  /** How long a job stays ours without a renewal; 30 s when absent. Renewed by itself every third of it. */
  readonly lease?: Duration;
  /** How long to sleep at most when there is nothing to do; 2 s when absent. Hints end the sleep earlier. */
  readonly interval?: Duration;
  /** How long an attempt may take when its job does not say; without bound when absent. */
  readonly timeout?: Duration;
  /** How long a handler that was told to stop may take to return; 10 s when absent. */
  readonly grace?: Duration;
  /** How this worker is called in leases; the host's name, process id and a number when absent. */
  readonly holder?: string;
}

/** Checked options with all defaults. */
export interface WorkerSettings {
  readonly weights: ReadonlyMap<string, number> | undefined;
  readonly concurrency: number;
  readonly prefetch: number | undefined;
  readonly leaseMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number | undefined;
  readonly graceMs: number;
  readonly holder: string | undefined;
}

const validateLane = validator(LaneName);
const Any = Type.Optional(Type.Unknown());
const validate = validator(
  Type.Object(
    {
      lanes: Type.Optional(
        Type.Union(
          [Type.Array(LaneName, { minItems: 1 }), Type.Record(Type.String(), Type.Number({ exclusiveMinimum: 0 }))],
          {
            description: "a list of lane names, or an object of lanes with weights above 0",
          },
        ),
      ),
      concurrency: Type.Optional(
        Type.Integer({ minimum: 1, maximum: MAX_BATCH, description: `a whole number from 1 to ${MAX_BATCH}` }),
      ),
      prefetch: Type.Optional(
        Type.Integer({ minimum: 0, maximum: MAX_BATCH, description: `a whole number from 0 to ${MAX_BATCH}` }),
      ),
      lease: Any,
      interval: Any,
      timeout: Any,
      grace: Any,
      holder: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: MAX_NAME_LENGTH,
          pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]+$",
          description: `a name of at most ${MAX_NAME_LENGTH} characters, none of them a control character`,
        }),
      ),
    },
    { additionalProperties: false },
  ),
);

/** Checks a worker's options. @throws QueueError `INVALID` naming the option and, if misspelt, the nearest. */
export function workerSettings(options: WorkerOptions): WorkerSettings {
  validate(options, "Cannot start a worker");
  const leaseMs = parseDuration(options.lease ?? "30s", "lease");
  if (leaseMs < 100)
    throw new QueueError(
      "INVALID",
      `\`lease\` must be at least 100 ms, so that it can be renewed in time, not ${leaseMs} ms.`,
    );
  return {
    weights: weightsOf(options.lanes),
    concurrency: options.concurrency ?? 10,
    prefetch: options.prefetch,
    leaseMs,
    intervalMs: Math.max(1, parseDuration(options.interval ?? "2s", "interval")),
    timeoutMs: options.timeout === undefined ? undefined : parseDuration(options.timeout, "timeout"),
    graceMs: parseDuration(options.grace ?? "10s", "grace"),
    holder: options.holder,
  };
}

function weightsOf(lanes: WorkerOptions["lanes"]): ReadonlyMap<string, number> | undefined {
  if (lanes === undefined) return undefined;
  const weights = isList(lanes) ? new Map(lanes.map((lane) => [lane, 1])) : new Map(Object.entries(lanes));
  for (const lane of weights.keys()) validateLane(lane, "Cannot start a worker");
  if (weights.size === 0)
    throw new QueueError("INVALID", "`lanes` must name a lane at least; leave it out to serve every lane.");
  return weights;
}

function isList(lanes: readonly string[] | { readonly [lane: string]: number }): lanes is readonly string[] {
  return Array.isArray(lanes);
}
