import type { Job, Json, NewJob } from "@anyqueue/api";

/** A job as the statements select it, in the order of `columnsOf`. */
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
  cancelRequested: boolean | null,
  finishedAt: number | null,
  touched: number | null,
  group: string | null,
  extra: string | null,
  progress: string | null,
  error: string | null,
  result: string | null,
  payload: string | null,
];

type Draft = { -readonly [K in keyof Job]: Job[K] };

/** The job that a row holds. */
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
  if (finishedAt !== null) job.finishedAt = finishedAt;
  return addRare(job, [group, cancelRequested, extra, progress, error, result]);
}

/** What few jobs have; JSON as text. */
export type RareColumns = readonly [
  group: string | null,
  cancelRequested: boolean | null,
  extra: string | null,
  progress: string | null,
  error: string | null,
  result: string | null,
];

/** The same job with what it has of these. */
export function addRare(job: Draft, [group, cancelRequested, extra, progress, error, result]: RareColumns): Job {
  if (cancelRequested !== null) job.cancelRequested = true;
  if (group !== null) job.group = group;
  if (extra !== null) Object.assign(job, parse(extra));
  if (progress !== null) job.progress = parse(progress);
  if (error !== null) job.error = JSON.parse(error) as NonNullable<Job["error"]>;
  if (result !== null) job.result = parse(result);
  return job;
}

/** A value in a list of one, because null is a value too and must stay apart from none. */
export function boxed(value: Json | undefined): readonly [Json] | undefined {
  return value === undefined ? undefined : [value];
}

/** A new job as the schema's functions take it. */
export function toGiven(job: NewJob): object {
  const { id, lane, type, payload, state, priority, maxAttempts, runAt, delayMs, group, progress } = job;
  const given = { id, lane, type, payload, state, priority, maxAttempts, runAt, delayMs, group };
  const extra = extraOf(job);
  return extra === undefined && progress === undefined ? given : { ...given, extra, progress: boxed(progress) };
}

/** True for a job about which others decide, or which decides about others, so that it takes more than to store it. */
export function isShaped({ orderingKey, unique, dependsOn }: NewJob): boolean {
  return orderingKey !== undefined || unique !== undefined || dependsOn !== undefined;
}

/** The fields that few jobs have, as one column, or undefined when the job has none of them. */
function extraOf({ backoff, timeoutMs, orderingKey, unique, dependsOn, onParent, keep }: NewJob): object | undefined {
  const rare = backoff ?? timeoutMs ?? orderingKey ?? unique ?? dependsOn ?? onParent ?? keep;
  return rare === undefined ? undefined : { backoff, timeoutMs, orderingKey, unique, dependsOn, onParent, keep };
}

function parse(text: string): Json {
  return JSON.parse(text) as Json;
}
