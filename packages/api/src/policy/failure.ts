import type { Expectation, Settings } from "../contract/change.ts";
import type { Job, JobError } from "../contract/job.ts";
import { isUnrecoverable, retryAfterOf } from "./handler-errors.ts";
import { backoffDelay, DEFAULT_BACKOFF, MAX_DELAY } from "./backoff.ts";
import { show } from "../check/validator.ts";
import { QueueError } from "../errors.ts";
import { describeError } from "./job-error.ts";

/**
 * A user's own backoff: milliseconds to wait, or undefined for the job's stored one, which also counts when the
 * function throws or answers no number.
 */
export type BackoffFunction = (attempt: number, error: JobError, job: Job) => number | undefined;

/** How failures are judged beyond what is stored with the job. */
export interface FailurePolicy {
  readonly backoff?: BackoffFunction | undefined;
  readonly random?: (() => number) | undefined;
  /** Told when `backoff` or `random` throws or answers no number; the job's own backoff counts then. */
  readonly onSlip?: ((error: unknown) => void) | undefined;
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

/**
 * What becomes of a held job that cannot go back with its unique key, because another one has that by now (P17): it goes
 * back without it. So the two run beside each other, which is better than to lose what one of them brought.
 */
export function afterDuplicate({ expect, set }: Settlement): Settlement {
  return { expect, set: { ...set, unique: null } };
}

function homeOf(job: Job): string {
  return job.lease?.from ?? "waiting";
}

function retryDelay(job: Job, error: JobError, policy: FailurePolicy): number {
  // AnyQueue's own jobs are not the user's to judge.
  const own = job.lane.startsWith("$") ? undefined : attemptTo(() => ownDelay(job, error, policy), policy);
  if (own !== undefined) return Math.min(own, MAX_DELAY);
  const backoff = job.backoff ?? DEFAULT_BACKOFF;
  return (
    attemptTo(() => backoffDelay(backoff, job.attempt, policy.random), policy) ?? backoffDelay(backoff, job.attempt)
  );
}

function ownDelay(job: Job, error: JobError, { backoff }: FailurePolicy): number | undefined {
  const delay: unknown = backoff?.(job.attempt, error, job);
  if (delay === undefined) return undefined;
  if (typeof delay === "number" && Number.isFinite(delay)) return Math.max(0, Math.round(delay));
  throw new QueueError("INVALID", `\`backoff\` must answer milliseconds or undefined, not ${show(delay)}.`);
}

/** A slip in the user's function is told, and must not keep a failed attempt from being recorded. */
function attemptTo(decide: () => number | undefined, { onSlip }: FailurePolicy): number | undefined {
  try {
    return decide();
  } catch (error) {
    onSlip?.(error);
    return undefined;
  }
}
