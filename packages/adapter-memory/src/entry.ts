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

/** Encodes what a caller gave, in place: the job has just been made, and nobody else has it. */
export function seal(job: Job): Sealed {
  const sealed = job as Draft<Sealed>;
  sealed.payload = JSON.stringify(job.payload);
  if (job.progress !== undefined) sealed.progress = JSON.stringify(job.progress);
  if (job.backoff) sealed.backoff = { ...job.backoff };
  if (job.unique) sealed.unique = copy(job.unique);
  if (job.dependsOn) sealed.dependsOn = [...job.dependsOn];
  if (job.keep) sealed.keep = { ...job.keep };
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
