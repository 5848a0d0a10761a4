import type { Job } from "@anyqueue/api";

// A poll whose answer was lost may have leased a job under a token that nobody was told. Until an answer tells it, the
// number of that poll stands for it, below zero.

/** Whether the job's token is known. */
export function hasToken({ token }: Job): boolean {
  return token >= 0;
}

/** The job with the token that an answer tells, if nobody had heard of it; the same object otherwise. */
export function withToken(job: Job, token: number): Job {
  if (hasToken(job)) return job;
  return { ...job, token, ...(job.lease && { lease: { ...job.lease, token } }) };
}
