import type { Job } from "../contract/job.ts";

type OptionalField = { [K in keyof Job]-?: object extends Pick<Job, K> ? K : never }[keyof Job];

/** A job in the making: what does not apply may be `undefined`. */
export type JobDraft = { -readonly [K in Exclude<keyof Job, OptionalField>]: Job[K] } & {
  -readonly [K in OptionalField]?: Job[K] | undefined;
};

/**
 * A job without the fields that do not apply. Written out field by field, since `delete` and rest patterns cost ten
 * times as much and leave objects that are slow to read.
 */
export function shapeJob(draft: JobDraft): Job {
  const job: JobDraft = {
    id: draft.id,
    lane: draft.lane,
    type: draft.type,
    payload: draft.payload,
    state: draft.state,
    priority: draft.priority,
    runAt: draft.runAt,
    attempt: draft.attempt,
    maxAttempts: draft.maxAttempts,
    token: draft.token,
    version: draft.version,
    insertedAt: draft.insertedAt,
    updatedAt: draft.updatedAt,
  };
  if (draft.lease !== undefined) job.lease = draft.lease;
  if (draft.finishedAt !== undefined) job.finishedAt = draft.finishedAt;
  if (draft.result !== undefined) job.result = draft.result;
  if (draft.error !== undefined) job.error = draft.error;
  if (draft.progress !== undefined) job.progress = draft.progress;
  if (draft.cancelRequested !== undefined) job.cancelRequested = draft.cancelRequested;
  if (draft.backoff !== undefined) job.backoff = draft.backoff;
  if (draft.timeoutMs !== undefined) job.timeoutMs = draft.timeoutMs;
  if (draft.group !== undefined) job.group = draft.group;
  if (draft.orderingKey !== undefined) job.orderingKey = draft.orderingKey;
  if (draft.unique !== undefined) job.unique = draft.unique;
  if (draft.dependsOn !== undefined) job.dependsOn = draft.dependsOn;
  if (draft.onParent !== undefined) job.onParent = draft.onParent;
  if (draft.keep !== undefined) job.keep = draft.keep;
  return job as Job;
}
