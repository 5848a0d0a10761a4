import { LONGEST_TIMER } from "../alarm.ts";
import type { Job } from "../contract/job.ts";
import { afterFailure, afterHandBack, type FailurePolicy, type Settlement } from "../policy/failure.ts";
import { isError } from "../policy/job-error.ts";
import type { Catalog } from "../queue/catalog.ts";
import type { JobInput } from "../store/job-input.ts";
import type { Store } from "../store/store.ts";
import type { HeldJob } from "./held-job.ts";
import { type Context, type ContextRules, JobContext } from "./job-context.ts";

/** Runs a job's work. What it returns is the result, what it throws a failed attempt. */
export type AnyHandler = (job: Job, context: Context<Catalog, string, never>) => unknown;

/** How an attempt ended. */
export interface Ending {
  readonly kind: "completed" | "failed" | "cancelled" | "snoozed" | "handed-back";
  /** What to tell the store; absent when the handler has told it already. */
  readonly settlement?: Settlement;
  readonly spawn?: readonly JobInput[] | undefined;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** How attempts are made. */
export interface RunnerOptions extends FailurePolicy, ContextRules {
  /** For jobs that name no timeout of their own, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** How long an aborted handler may take to return, in milliseconds. */
  readonly graceMs: number;
  readonly handlerOf: (type: string) => AnyHandler | undefined;
}

/** Runs one attempt at a job and tells how it ended. It never throws. */
export async function runAttempt(
  store: Pick<Store, "cas" | "append" | "get" | "now">,
  held: HeldJob,
  options: RunnerOptions,
): Promise<Ending> {
  const { job } = held;
  if (held.interruption || held.deadline <= performance.now()) return notBegun(job);
  const handler = options.handlerOf(job.type);
  if (!handler) return { kind: "handed-back", settlement: afterHandBack(job) };
  const context = new JobContext(store, held, options);
  try {
    // A copy, so that a handler cannot change what its job is settled by.
    const work = handler({ ...job }, context);
    const result = isThenable(work) ? await waitFor(work, held, options) : work;
    letGo(held, context);
    return finish(held, context, result, options);
  } catch (error) {
    letGo(held, context);
    return fail(held, error, store.now(), options);
  }
}

/** Whatever the handler does from now on, its attempt is over. */
function letGo(held: HeldJob, context: JobContext): void {
  context.ended = true;
  clearTimeout(held.timer);
  held.onInterrupt = undefined;
}

/** A job that was asked to stop, or whose lease may have ended, while it waited for a handler. */
function notBegun(job: Job): Ending {
  if (!job.cancelRequested) return { kind: "handed-back", settlement: afterHandBack(job) };
  return { kind: "cancelled", settlement: { expect: { token: job.token }, set: { state: "cancelled" } } };
}

function finish(held: HeldJob, context: JobContext, returned: unknown, options: RunnerOptions): Ending {
  const { job } = held;
  if (context.completed) return { kind: "completed", result: context.completed.result };
  if (context.snoozed !== undefined) return { kind: "snoozed", settlement: afterHandBack(job, context.snoozed) };
  const result = options.checkResult(job.type, returned);
  const set = result === undefined ? { state: "completed" } : { state: "completed", result: result as never };
  return {
    kind: "completed",
    settlement: { expect: { token: job.token }, set },
    spawn: context.spawned,
    result,
  };
}

function fail(held: HeldJob, error: unknown, now: number, options: RunnerOptions): Ending {
  const { job, interruption } = held;
  if (interruption?.code === "STOPPING") {
    // Whether it threw because it was told to stop or did not stop at all, the worker's end is not the job's fault.
    return { kind: "handed-back", settlement: afterHandBack(job), error };
  }
  if (job.cancelRequested && (error === interruption || isAbort(error))) {
    return { kind: "cancelled", settlement: { expect: { token: job.token }, set: { state: "cancelled" } } };
  }
  const settlement = afterFailure(job, error, now, options);
  return { kind: settlement.set.state === "cancelled" ? "cancelled" : "failed", settlement, error };
}

function isAbort(error: unknown): boolean {
  try {
    return isError(error) && error.name === "AbortError";
  } catch {
    return false;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/**
 * Waits for a handler, but not beyond its timeout, nor longer than the grace once it was told to stop: a handler that
 * never returns costs its attempt, and not the worker.
 */
function waitFor(work: PromiseLike<unknown>, held: HeldJob, options: RunnerOptions): Promise<unknown> {
  const timeoutMs = held.job.timeoutMs ?? options.timeoutMs;
  return new Promise((resolve, reject) => {
    held.onInterrupt = (reason) => {
      if (reason.code === "TIMEOUT") reject(reason);
      else startTimer(held, held.graceMs ?? options.graceMs, () => reject(reason));
    };
    if (timeoutMs !== undefined) {
      const message = `The attempt took longer than ${timeoutMs} ms.`;
      startTimer(held, timeoutMs, () => held.interrupt("TIMEOUT", message));
    }
    if (held.interruption) held.onInterrupt(held.interruption);
    work.then(resolve, reject);
  });
}

function startTimer(held: HeldJob, ms: number, then: () => void): void {
  clearTimeout(held.timer);
  held.timer = setTimeout(then, Math.min(ms, LONGEST_TIMER));
}
