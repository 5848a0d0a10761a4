import type { Job, NewJob } from "../contract/job.ts";

/** The job that an insert stores: version 1, never tried, due when it says or at once. */
export function freshJob(job: NewJob, now: number): Job {
  const { runAt, delayMs, ...rest } = job;
  return {
    ...rest,
    runAt: runAt ?? now + (delayMs ?? 0),
    attempt: 0,
    token: 0,
    version: 1,
    insertedAt: now,
    updatedAt: now,
  };
}
