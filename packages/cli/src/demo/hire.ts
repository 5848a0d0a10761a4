import type { Queue, Worker } from "@anyqueue/api";
import { bytesOf, type jobs } from "./file-job.ts";
import { hashFile } from "./hash-file.ts";
import { join } from "./tree.ts";

/** How a worker of the demo works. */
export interface Hiring {
  readonly lane: string;
  readonly dir: string;
  /** The holder's name. */
  readonly holder: string;
  /** Called before each job. */
  readonly before?: (job: { readonly id: string; readonly attempt: number }) => Promise<void> | void;
  /** Called when a job has ended for good. */
  readonly onDone: () => void;
  readonly onError: (error: unknown) => void;
}

/** Short, so that what a killed worker held is rescued soon; heartbeats keep the leases of the living. */
const LEASE = "1s";

/** Starts a worker that hashes the files of a lane. */
export function hire(queue: Queue<typeof jobs>, { lane, dir, holder, before, onDone, onError }: Hiring): Worker {
  const root = Buffer.from(dir);
  const worker = queue.work(
    {
      "file.hash": async (job, { signal }) => {
        await before?.(job);
        return hashFile(join(root, bytesOf(job.payload)), signal);
      },
    },
    { lanes: [lane], concurrency: 8, lease: LEASE, interval: 250, holder },
  );
  worker.on("completed", onDone);
  worker.on("failed", (_job, _error, final) => final && onDone());
  worker.on("error", onError);
  return worker;
}
