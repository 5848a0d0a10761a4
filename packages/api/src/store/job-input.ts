import { checkJson } from "../check/check-json.ts";
import { JobInputSchema, MAX_NAME_LENGTH } from "../check/schemas.ts";
import { show, validator } from "../check/validator.ts";
import type { Backoff, KeepFor, NewJob, OnParent, Unique } from "../contract/job.ts";
import {
  DEFAULT_LANE,
  DEFAULT_MAX_ATTEMPTS,
  DEFAULT_PRIORITY,
  isTerminal,
  laneOf,
  PRIORITIES,
  type PriorityName,
} from "../contract/names.ts";
import { QueueError } from "../errors.ts";
import { freshId } from "./fresh-id.ts";

/** A job as it is handed to `Store.insert`: plain data, all but type and payload optional. */
export interface JobInput {
  /** Which handler runs it: dot-separated, such as `mail.send`. */
  readonly type: string;
  /** Any JSON, at most 1 MiB; never changed after insertion. */
  readonly payload: unknown;
  /** A local id without a colon, or a whole id `<lane>:<local id>`; a time-ordered UUID when absent. */
  readonly id?: string;
  /** `default` when absent. */
  readonly lane?: string;
  /** `waiting` when absent, or a state of your own. */
  readonly state?: string;
  /** 0 … 4 294 967 295, lower first, or a name; `normal` (512) when absent. */
  readonly priority?: number | PriorityName;
  /** How often it may be tried in total; 3 when absent. */
  readonly maxAttempts?: number;
  /** Epoch milliseconds at which it is due. */
  readonly runAt?: number;
  /** Milliseconds until it is due. */
  readonly delayMs?: number;
  readonly backoff?: Backoff;
  /** Milliseconds that one attempt may take. */
  readonly timeoutMs?: number;
  readonly group?: string;
  readonly progress?: unknown;
  readonly orderingKey?: string;
  readonly unique?: Unique;
  readonly dependsOn?: readonly string[];
  readonly onParent?: OnParent;
  readonly keep?: KeepFor;
}

/** A checked job with every default filled in, and an upper bound of its size in bytes. */
export interface CheckedJob {
  readonly job: NewJob;
  readonly bytes: number;
  /** The caller gave the id, so the job may be stored already. */
  readonly named: boolean;
}

const validate = validator(JobInputSchema);

/**
 * Checks a job and fills in its defaults.
 *
 * @throws QueueError `INVALID` or `TOO_LARGE`, naming the field.
 */
export function checkJob(input: JobInput, subject: string): CheckedJob {
  validate(input, subject);
  const payload = checkJson(input.payload, "payload");
  const progress = input.progress === undefined ? undefined : checkJson(input.progress, "progress");
  const { runAt, delayMs, state = "waiting" } = input;
  if (runAt !== undefined && delayMs !== undefined) {
    throw new QueueError("INVALID", `${subject}: give \`runAt\` or \`delayMs\`, not both.`);
  }
  checkFirstState(state, subject);
  const { id, lane } = placeOf(input, subject);
  const job: { -readonly [K in keyof NewJob]: NewJob[K] } = {
    id,
    lane,
    type: input.type,
    payload: payload.value,
    state,
    priority: typeof input.priority === "string" ? PRIORITIES[input.priority] : (input.priority ?? DEFAULT_PRIORITY),
    maxAttempts: input.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
  };
  if (runAt !== undefined) job.runAt = runAt;
  if (delayMs !== undefined) job.delayMs = delayMs;
  if (input.backoff !== undefined) job.backoff = { ...input.backoff };
  if (input.timeoutMs !== undefined) job.timeoutMs = input.timeoutMs;
  if (input.group !== undefined) job.group = input.group;
  if (progress !== undefined) job.progress = progress.value;
  shape(job, input, subject);
  const idBytes = (job.dependsOn ?? []).reduce((sum, { length }) => sum + 4 * length, 0);
  return { job, bytes: payload.bytes + (progress?.bytes ?? 0) + idBytes + 500, named: input.id !== undefined };
}

/** Refuses a state that no job can begin in. @throws QueueError `INVALID`. */
export function checkFirstState(state: unknown, subject: string): void {
  if (state === undefined) return;
  if (typeof state !== "string" || state === "" || isTerminal(state) || state === "active" || state === "blocked") {
    throw new QueueError(
      "INVALID",
      `${subject}: a job cannot begin as ${show(state)}; use waiting or a state of your own.`,
    );
  }
}

/** The whole id of a job, made up if it has none, and its lane. @throws QueueError `INVALID`. */
export function placeOf(input: Pick<JobInput, "id" | "lane">, subject: string): { id: string; lane: string } {
  const { id, lane = DEFAULT_LANE } = input;
  if (id === undefined) return { id: freshId(lane), lane };
  if (!id.includes(":")) return { id: `${lane}:${checkLocal(id, subject)}`, lane };
  const named = laneOf(id);
  if (named !== (input.lane ?? named) || !/^\$?[A-Za-z0-9_.-]{1,100}$/.test(named)) {
    throw new QueueError(
      "INVALID",
      `${subject}: \`id\` ${JSON.stringify(id)} must begin with its lane and a colon, such as "${lane}:…"; without a colon the lane is put before it.`,
    );
  }
  checkLocal(id.slice(named.length + 1), subject);
  return { id, lane: named };
}

function checkLocal(local: string, subject: string): string {
  if (local.length > 0 && local.length <= MAX_NAME_LENGTH) return local;
  throw new QueueError("INVALID", `${subject}: the local part of \`id\` must have 1 to ${MAX_NAME_LENGTH} characters.`);
}

/** Brings over what shapes the order of the work (P17, P18, P20). */
function shape(job: { -readonly [K in keyof NewJob]: NewJob[K] }, input: JobInput, subject: string): void {
  const { orderingKey, unique, dependsOn, onParent, keep } = input;
  if (orderingKey !== undefined) job.orderingKey = orderingKey;
  if (unique !== undefined) {
    job.unique = { key: unique.key, until: typeof unique.until === "string" ? unique.until : { ...unique.until } };
  }
  if (keep !== undefined) job.keep = { ...keep };
  if (onParent !== undefined && dependsOn === undefined) {
    throw new QueueError("INVALID", `${subject}: \`onParent\` goes with \`dependsOn\`; leave it out.`);
  }
  if (dependsOn === undefined || dependsOn.length === 0) return;
  if (job.state !== "waiting") {
    throw new QueueError("INVALID", `${subject}: a job with \`dependsOn\` begins as \`waiting\`; leave out \`state\`.`);
  }
  if (dependsOn.includes(job.id)) throw new QueueError("INVALID", `${subject}: it depends on itself.`);
  job.dependsOn = [...new Set(dependsOn)];
  job.onParent = onParent ?? "cancel";
}
