import { type Job, type Json, isTerminal, type NewJob } from "@anyqueue/api";
import type { Stored } from "./transaction.ts";

/** Which index a job is found by; see `migrations.ts`. */
export const PLACE = { ready: 0, scheduled: 1, parked: 2, blocked: 3, leased: 4, finished: 6 } as const;

/** A job as the statements select it, in the order of `COLUMNS`. An array is a third faster to read than an object. */
export type JobRow = readonly [
  seq: number,
  id: string,
  lane: string,
  type: string,
  state: string,
  priority: number,
  runAt: number,
  attempt: number,
  maxAttempts: number,
  token: number,
  version: number,
  insertedAt: number,
  updatedAt: number,
  leaseUntil: number | null,
  holder: string | null,
  leaseFrom: string | null,
  cancelRequested: number | null,
  finishedAt: number | null,
  touched: number | null,
  group: string | null,
  extra: string | null,
  progress: string | null,
  error: string | null,
  result: string | null,
  payload: string | null,
  place: number,
];

/** A job that is leased. */
export type LeasedJob = [token: number, touched: number | null, seq: number];

/** A job that ends. */
export type FinishedJob = [state: string, result: string | null, seq: number];

/** A new job that has nothing but what every job has. */
export type PlainJob = [
  seq: number,
  id: string,
  lane: string,
  type: string,
  place: number,
  priority: number,
  runAt: number,
  maxAttempts: number,
  payload: string,
];

const WITHOUT_PAYLOAD =
  "seq, id, lane, type, state, priority, run_at, attempt, max_attempts, token, version, inserted_at, updated_at, " +
  "lease_until, holder, lease_from, cancel_requested, finished_at, touched, grp, extra, progress, error, result";

/** Everything that makes up a job. */
export const COLUMNS = `${WITHOUT_PAYLOAD}, payload, place`;

/** The same without reading the payload, for those who only decide about a job. */
export const HOT_COLUMNS = `${WITHOUT_PAYLOAD}, NULL, place`;

type Draft = { -readonly [K in keyof Job]: Job[K] };

/** The job that a row holds. Where the payload was not selected it reads `null`, and must not be answered. */
export function toJob(row: JobRow): Job {
  const [
    ,
    id,
    lane,
    type,
    state,
    priority,
    runAt,
    attempt,
    maxAttempts,
    token,
    version,
    insertedAt,
    updatedAt,
    leaseUntil,
    holder,
    from,
    cancelRequested,
    finishedAt,
    ,
    group,
    extra,
    progress,
    error,
    result,
    payload,
  ] = row;
  const job: Draft = {
    id,
    lane,
    type,
    payload: payload === null ? null : parse(payload),
    state,
    priority,
    runAt,
    attempt,
    maxAttempts,
    token,
    version,
    insertedAt,
    updatedAt,
  };
  if (leaseUntil !== null) job.lease = { token, until: leaseUntil, holder: holder ?? "", from: from ?? state };
  if (cancelRequested !== null) job.cancelRequested = true;
  if (finishedAt !== null) job.finishedAt = finishedAt;
  if (group !== null) job.group = group;
  if (extra !== null) Object.assign(job, parse(extra));
  if (progress !== null) job.progress = parse(progress);
  if (error !== null) job.error = JSON.parse(error) as NonNullable<Job["error"]>;
  if (result !== null) job.result = parse(result);
  return job;
}

/** The job of a row, beside its places. */
export function storedOf(row: JobRow): Stored {
  return { seq: row[0], place: row[25], job: toJob(row) };
}

/** JSON for a nullable column. */
export function encode(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** The fields that few jobs have, as one column, or null when the job has none of them. */
export function extraOf(job: NewJob | Job): string | null {
  if (!hasExtra(job)) return null;
  const { backoff, timeoutMs, orderingKey, unique, dependsOn, onParent, keep } = job;
  return JSON.stringify({ backoff, timeoutMs, orderingKey, unique, dependsOn, onParent, keep });
}

/** Whether a job has fields that few jobs have. */
export function hasExtra({
  backoff,
  timeoutMs,
  orderingKey,
  unique,
  dependsOn,
  onParent,
  keep,
}: NewJob | Job): boolean {
  return (backoff ?? timeoutMs ?? orderingKey ?? unique ?? dependsOn ?? onParent ?? keep) !== undefined;
}

/** What `extraOf` made a column of. */
export type Extra = Pick<NewJob, "orderingKey" | "unique" | "dependsOn" | "keep">;

/** Reads the fields that few jobs have. */
export function parseExtra(extra: string | null): Extra {
  return extra === null ? {} : (JSON.parse(extra) as Extra);
}

/** Where a job belongs as it is now, unless it is parked. */
export function placeOf(job: Pick<Job, "state" | "lease" | "runAt">, now: number): number {
  if (isTerminal(job.state)) return PLACE.finished;
  if (job.state === "blocked") return PLACE.blocked;
  if (job.lease !== undefined) return PLACE.leased;
  return job.runAt <= now ? PLACE.ready : PLACE.scheduled;
}

function parse(text: string): Json {
  return JSON.parse(text) as Json;
}
