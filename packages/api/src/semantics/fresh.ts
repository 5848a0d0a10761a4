import type { Job, NewJob } from "../contract/job.ts";
import { shapeJob } from "./shape.ts";

/** The job that an insert stores: version 1, never tried, due when it says or at once. */
export function freshJob(job: NewJob, now: number): Job {
  const runAt = job.runAt ?? now + (job.delayMs ?? 0);
  return shapeJob({ ...job, runAt, attempt: 0, token: 0, version: 1, insertedAt: now, updatedAt: now });
}
