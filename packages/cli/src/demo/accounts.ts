import type { Job, Queue } from "@anyqueue/api";
import { bytesOf, type FileHash, type FileName, type jobs } from "./file-job.ts";
import type { Sum } from "./sums-file.ts";

/** A file whose job did not complete. */
export interface FailedFile {
  readonly path: string;
  readonly error: string;
}

/** What the store says about the demo's jobs when they have ended. */
export interface Accounts {
  readonly jobs: number;
  readonly sums: readonly Sum[];
  readonly failed: readonly FailedFile[];
  readonly attempts: number;
  /** Jobs that one worker left behind and another one finished. */
  readonly rescued: number;
  /** Milliseconds from adding to finishing, of the completed jobs. */
  readonly latencyMs: { readonly p50: number; readonly p95: number };
  /** Files without a job that ended, and files that came out twice. None, or the queue has broken its promise. */
  readonly missing: readonly string[];
  readonly repeated: readonly string[];
}

/** Reads every job of the lane and sets the files against them, so that each is accounted for exactly once. */
export async function settleAccounts(
  queue: Queue<typeof jobs>,
  lane: string,
  files: readonly Buffer[],
): Promise<Accounts> {
  const open = new Map(files.map((file) => [file.toString("latin1"), file]));
  const sums: Sum[] = [];
  const failed: FailedFile[] = [];
  const repeated: string[] = [];
  const latencies: number[] = [];
  let jobCount = 0;
  let attempts = 0;
  let rescued = 0;
  for await (const job of jobsOf(queue, lane)) {
    jobCount++;
    attempts += job.attempt;
    const name = job.payload as FileName;
    const path = bytesOf(name);
    if (job.state === "completed") {
      if (!open.delete(path.toString("latin1"))) repeated.push(name.path);
      sums.push({ path, sha256: (job.result as FileHash).sha256 });
      latencies.push((job.finishedAt ?? 0) - job.insertedAt);
      if (job.attempt > 1 && job.error?.code === "LEASE_ENDED") rescued++;
    } else if (job.state === "failed") {
      if (!open.delete(path.toString("latin1"))) repeated.push(name.path);
      failed.push({ path: name.path, error: job.error?.message ?? "It failed." });
    }
  }
  latencies.sort((a, b) => a - b);
  const latencyMs = { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) };
  const missing = [...open.values()].map((file) => file.toString());
  return { jobs: jobCount, sums, failed, attempts, rescued, latencyMs, missing, repeated };
}

/** Every job of a lane, page by page. */
async function* jobsOf(queue: Queue<typeof jobs>, lane: string): AsyncGenerator<Job> {
  let after: string | undefined;
  do {
    const page = await queue.list({ lanes: [lane], limit: 1000, ...(after !== undefined && { after }) });
    yield* page.items;
    after = page.after;
  } while (after !== undefined);
}

/** The nearest-rank quantile of sorted values. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
