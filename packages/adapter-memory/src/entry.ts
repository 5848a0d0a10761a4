import type { Backoff, Job, Json, KeepFor, Unique } from "@anyqueue/api";

/**
 * A job as it is kept: what users put into it is JSON text, encoded once, so that nobody outside can change it and the
 * text costs nothing while the job moves. A sealed job is never changed, only replaced; so a snapshot can be written
 * while the queue goes on. Text is JSON too, and thus a sealed job can go wherever a job can.
 */
export interface Sealed extends Omit<Job, "payload" | "progress" | "result"> {
  readonly payload: string;
  readonly progress?: string;
  readonly result?: string;
}

/** A job, and what its places depend on beside it. */
export interface Entry {
  job: Sealed;
  /** Its place in the insertion order (P7). */
  seq: number;
  /** Rises with every change but renewals, over the whole store. */
  touched: number;
  /** Nobody holds it and it has been due: it is where polls look. */
  ready: boolean;
}

/** What a store knows of a job that cannot be told from the job itself. */
export interface Notes {
  /** It may run before the others of its ordering key (P18). */
  readonly hasTurn?: boolean;
  /** Nobody took its unique key after it (P17). */
  readonly tookKey?: boolean;
  /** What it still waits for (P20). */
  readonly missing?: readonly string[];
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** Encodes what a caller gave. Field by field, so that jobs are alike and small. */
export function seal(job: Job): Sealed {
  const sealed: Draft<Sealed> = {
    id: job.id,
    lane: job.lane,
    type: job.type,
    payload: JSON.stringify(job.payload),
    state: job.state,
    priority: job.priority,
    maxAttempts: job.maxAttempts,
    runAt: job.runAt,
    attempt: job.attempt,
    token: job.token,
    version: job.version,
    insertedAt: job.insertedAt,
    updatedAt: job.updatedAt,
  };
  const { progress, backoff, timeoutMs, group, orderingKey, unique, dependsOn, onParent, keep } = job;
  if (progress !== undefined) sealed.progress = JSON.stringify(progress);
  if (backoff) sealed.backoff = { ...backoff };
  if (timeoutMs !== undefined) sealed.timeoutMs = timeoutMs;
  if (group !== undefined) sealed.group = group;
  if (orderingKey !== undefined) sealed.orderingKey = orderingKey;
  if (unique) sealed.unique = copy(unique);
  if (dependsOn) sealed.dependsOn = [...dependsOn];
  if (onParent) sealed.onParent = onParent;
  if (keep) sealed.keep = { ...keep };
  if (job.finishedAt !== undefined) sealed.finishedAt = job.finishedAt;
  return sealed;
}

/** The job for the caller, who may do with it whatever they like (P2). */
export function unseal(sealed: Sealed): Job {
  const job: Draft<Job> = { ...sealed, payload: JSON.parse(sealed.payload) as Json };
  if (sealed.progress !== undefined) job.progress = JSON.parse(sealed.progress) as Json;
  if (sealed.result !== undefined) job.result = JSON.parse(sealed.result) as Json;
  if (sealed.lease) job.lease = { ...sealed.lease };
  if (sealed.error) job.error = { ...sealed.error };
  if (sealed.backoff) job.backoff = { ...sealed.backoff } satisfies Backoff;
  if (sealed.unique) job.unique = copy(sealed.unique);
  if (sealed.dependsOn) job.dependsOn = [...sealed.dependsOn];
  if (sealed.keep) job.keep = { ...sealed.keep } satisfies KeepFor;
  return job;
}

function copy({ key, until }: Unique): Unique {
  return { key, until: typeof until === "string" ? until : { ...until } };
}
