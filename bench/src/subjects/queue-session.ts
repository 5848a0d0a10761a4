import type { Queue, WorkerOptions } from "@anyqueue/api";
import { payloadOf, type Payload, payloadsOf, randomPriority } from "../jobs.ts";
import { asLongAsJobsRun, stopped } from "../patience.ts";
import type { Ran, Session } from "../subject.ts";

/** The worker that is best for throughput. */
export const BEST = { concurrency: 100 } satisfies WorkerOptions;

/** A queue of ours as the benchmark uses it, whatever its adapter. */
export function queueSession(queue: Queue): Session {
  const begin = (ran: Ran, options: WorkerOptions) =>
    queue.work({ noop: async (job) => ran((job.payload as Payload).n) }, options);
  return {
    add: (n, padding) => queue.add("noop", payloadOf(n, padding)),
    addMany: (count, options = {}) =>
      queue.addMany(
        payloadsOf(count, options).map((payload) => ({
          type: "noop",
          payload,
          ...(options.mixed && { options: { priority: randomPriority() } }),
          ...(options.delayMs !== undefined && { options: { delay: options.delayMs } }),
        })),
      ),
    drain: async (ran, concurrency = BEST.concurrency) => {
      let count = 0;
      let trouble: Error | undefined;
      const counted = (n: number): void => {
        count++;
        ran(n);
      };
      const worker = begin(counted, { concurrency, ...(concurrency === 1 && { prefetch: 0 }) });
      // It goes on whatever the trouble is, and where a disk is full for ever; the same trouble is told once.
      worker.on("error", (error) => {
        const last = trouble?.message;
        trouble = error as Error;
        if (trouble.message !== last) process.emitWarning(trouble);
      });
      try {
        await asLongAsJobsRun(
          worker.idle(),
          () => count,
          () => trouble?.message,
        );
      } finally {
        await stopped(() => worker.stop());
      }
    },
    work: async (ran, finished) => {
      const worker = begin(ran, BEST);
      if (finished) worker.on("completed", ({ payload }) => finished((payload as Payload).n));
      return () => worker.stop();
    },
    close: () => queue.close(),
  };
}
