import type { Queue, WorkerOptions } from "@anyqueue/api";
import type { Ran, Session } from "../subject.ts";

/** The worker that is best for throughput. */
export const BEST: WorkerOptions = { concurrency: 100 };
const SINGLE: WorkerOptions = { concurrency: 1, prefetch: 0 };

/** A queue of ours as the benchmark uses it, whatever its adapter. */
export function queueSession(queue: Queue, address?: string): Session {
  const begin = (ran: Ran, options: WorkerOptions) =>
    queue.work({ noop: async (job) => ran((job.payload as { n: number }).n) }, options);
  return {
    ...(address !== undefined && { address }),
    add: (n) => queue.add("noop", { n }),
    addMany: (count, { first = 0, mixed = false } = {}) =>
      queue.addMany(
        Array.from({ length: count }, (_, n) => ({
          type: "noop",
          payload: { n: first + n },
          ...(mixed && { options: { priority: Math.floor(Math.random() * 2 ** 32) } }),
        })),
      ),
    drain: async (single, ran) => {
      let count = 0;
      const worker = begin(
        (n) => {
          count++;
          ran?.(n);
        },
        single ? SINGLE : BEST,
      );
      await worker.idle();
      await worker.stop();
      return count;
    },
    work: async (ran) => {
      const worker = begin(ran, BEST);
      return () => worker.stop();
    },
    close: () => queue.close(),
  };
}
