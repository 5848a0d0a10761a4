import type { Expectation, Settings } from "../contract/change.ts";
import type { Job, JobError } from "../contract/job.ts";
import { isUnrecoverable, retryAfterOf } from "./handler-errors.ts";
import { backoffDelay, DEFAULT_BACKOFF, MAX_DELAY } from "./backoff.ts";
import { describeError } from "./job-error.ts";

/**
 * A user's own backoff: milliseconds to wait, or undefined for the job's stored one, which also counts when the
 * function throws or answers no number: a slip in it must not keep a failed attempt from being recorded.
 */
export type BackoffFunction = (attempt: number, error: JobError, job: Job) => number | undefined;

/** How failures are judged beyond what is stored with the job. */
export interface FailurePolicy {
  readonly backoff?: BackoffFunction | undefined;
  readonly random?: (() => number) | undefined;
}

/** A change to one held job, without its id. */
export interface Settlement {
  readonly expect: Expectation & { readonly token: number };
  readonly set: Settings;
}

/**
 * What becomes of a job whose attempt threw (P16): it waits for its backoff and goes back to the state it was polled
 * from, or is `failed` when its attempts are used up or the error says that trying again is of no use. A job that was
 * asked to stop is `cancelled` (P21).
 */
export function afterFailure(job: Job, thrown: unknown, now: number, policy: FailurePolicy = {}): Settlement {
  const error = describeError(thrown, job.attempt, now);
  const expect = { token: job.token };
  if (job.cancelRequested) return { expect, set: { state: "cancelled", error } };
  if (isUnrecoverable(thrown) || job.attempt >= job.maxAttempts) {
    return { expect, set: { state: "failed", error } };
  }
  const delayMs = retryAfterOf(thrown) ?? retryDelay(job, error, policy);
  return { expect, set: { state: homeOf(job), delayMs, error } };
}

/**
 * What becomes of a job whose lease ended before its holder settled it (P15): the attempt counts like any that
 * failed. The job is the one that the rescuer took over, so the token is the rescuer's.
 */
export function afterLeaseEnd(job: Job, now: number, policy: FailurePolicy = {}): Settlement {
  if (job.cancelRequested) return { expect: { token: job.token }, set: { state: "cancelled" } };
  const lost = Object.assign(new Error(`The lease of attempt ${job.attempt} ended before it was settled.`), {
    code: "LEASE_ENDED",
    stack: undefined,
  });
  return afterFailure(job, lost, now, policy);
}

/** What becomes of a job that its holder gives back uncharged, in its old place or after a delay (P13, P15). */
export function afterHandBack(job: Job, delayMs?: number): Settlement {
  const set = { state: homeOf(job), attempt: Math.max(0, job.attempt - 1) };
  return { expect: { token: job.token }, set: delayMs === undefined ? set : { ...set, delayMs } };
}

function homeOf(job: Job): string {
  return job.lease?.from ?? "waiting";
}

function retryDelay(job: Job, error: JobError, policy: FailurePolicy): number {
  const chosen = ownDelay(job, error, policy);
  if (chosen !== undefined && Number.isFinite(chosen)) return Math.min(Math.max(0, Math.round(chosen)), MAX_DELAY);
  return backoffDelay(job.backoff ?? DEFAULT_BACKOFF, job.attempt, policy.random);
}

function ownDelay(job: Job, error: JobError, { backoff }: FailurePolicy): number | undefined {
  // AnyQueue's own jobs are not the user's to judge.
  if (job.lane.startsWith("$")) return undefined;
  try {
    return backoff?.(job.attempt, error, job);
  } catch {
    return undefined;
  }
}
