import type { EventEmitter } from "node:events";
import type { Job } from "../contract/job.ts";
import { reportError } from "./report.ts";
import type { Settling } from "./settler.ts";

/** What a worker tells. */
export interface WorkerEvents {
  completed: [job: Job, result: unknown];
  /** An attempt failed; `final` when the job is `failed` for good. */
  failed: [job: Job, error: unknown, final: boolean];
  cancelled: [job: Job];
  /** The job was no longer this worker's when it came to settle it. */
  lost: [job: Job];
  /** Nothing is due in its lanes, and nothing is running. */
  idle: [];
  /** Something failed in the machinery; the worker goes on. */
  error: [error: unknown];
}

/** Tells what became of an attempt, once the store has decided; a job that was handed back is nobody's news. */
export function announceEnd(worker: EventEmitter<WorkerEvents>, { held, ending }: Settling, lost: boolean): void {
  const { job } = held;
  if (lost) announce(worker, "lost", job);
  else if (ending.kind === "completed") announce(worker, "completed", job, ending.result);
  else if (ending.kind === "cancelled") announce(worker, "cancelled", job);
  else if (ending.kind === "failed")
    announce(worker, "failed", job, ending.error, ending.settlement?.set.state === "failed");
}

/** Tells something. A listener that throws is the machinery's trouble, never the job's. */
export function announce<E extends keyof WorkerEvents>(
  worker: EventEmitter<WorkerEvents>,
  event: E,
  ...args: WorkerEvents[E]
): void {
  if (worker.listenerCount(event) === 0) return;
  try {
    worker.emit(event as never, ...(args as never));
  } catch (error) {
    reportError(worker as never, error);
  }
}
