import { type Job, openQueue, type WorkerOptions } from "@anyqueue/api";
import type { BackendChoice } from "../backend.ts";
import { loadConfig } from "../config.ts";
import type { Output } from "../output/output.ts";
import { brief, printable } from "../output/printable.ts";
import { loadHandlers } from "./handlers-module.ts";
import { emptyTally, type Tally } from "./tally.ts";

/** What a worker is told, as plain data. */
export interface WorkPlan {
  readonly backend: BackendChoice;
  /** The module of handlers; absent, the configuration has them. */
  readonly handlers?: string;
  readonly options: WorkerOptions;
  /** Stop when nothing is due any more. */
  readonly untilIdle: boolean;
}

/** Runs a worker until the signal aborts or, if so planned, until nothing is due; then lets it finish what it has begun. */
export async function runWorker(plan: WorkPlan, output: Output, signal: AbortSignal): Promise<Tally> {
  const { handlers, jobs } = await loadHandlers(plan.handlers, await loadConfig());
  const queue = await openQueue(plan.backend, jobs ? { jobs } : {});
  const tally = emptyTally();
  try {
    const worker = queue.work(handlers, plan.options);
    worker.on("completed", () => tally.completed++);
    worker.on("cancelled", () => tally.cancelled++);
    worker.on("lost", () => tally.lost++);
    worker.on("error", (error) => output.note(`worker: ${printable(messageOf(error))}`));
    worker.on("failed", (job, error, isFinal) => {
      tally.failed++;
      if (isFinal) tally.exhausted++;
      tellFailure(output, job, error, isFinal);
    });
    if (!signal.aborted) {
      const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      await (plan.untilIdle ? Promise.race([stopped, worker.idle()]) : stopped);
    }
    await worker.stop();
    return tally;
  } finally {
    await queue.close();
  }
}

function tellFailure(output: Output, { id, type, attempt, maxAttempts }: Job, error: unknown, isFinal: boolean): void {
  const message = messageOf(error);
  const next = isFinal ? "failed for good" : "will be tried again";
  output.event(
    { event: "failed", id, type, attempt, maxAttempts, final: isFinal, error: message },
    `${new Date().toISOString()} ${id} ${type} attempt ${attempt}/${maxAttempts} ${next}: ${brief(message, 500)}`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
