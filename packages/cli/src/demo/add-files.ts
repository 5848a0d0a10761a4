import { type Queue, QueueError } from "@anyqueue/api";
import { type jobs, nameOf } from "./file-job.ts";

const BATCH = 1000;

/** What was added. */
export interface AddedFiles {
  readonly files: readonly Buffer[];
  /** The jobs' ids, in the order of `files`. */
  readonly ids: readonly string[];
}

/** Adds one job for each file, in batches. */
export async function addFiles(
  queue: Queue<typeof jobs>,
  found: AsyncIterable<Buffer>,
  options: {
    readonly lane: string;
    readonly maxAttempts: number;
    /** True for a file that is left out. */
    readonly isOwn: (path: Buffer) => boolean;
    readonly onAdded: (count: number) => void;
    readonly signal: AbortSignal;
  },
): Promise<AddedFiles> {
  const { lane, maxAttempts, isOwn, onAdded, signal } = options;
  const files: Buffer[] = [];
  const ids: string[] = [];
  const add = async (batch: readonly Buffer[]): Promise<void> => {
    const outcomes = await queue.addMany(
      batch.map((file) => ({ type: "file.hash", payload: nameOf(file), options: { lane, maxAttempts } })),
    );
    for (const outcome of outcomes) {
      if (outcome.status !== "added") throw new QueueError("UNAVAILABLE", `A job was not added: ${outcome.status}.`);
      ids.push(outcome.id);
    }
    onAdded(ids.length);
  };
  let batch: Buffer[] = [];
  for await (const file of found) {
    signal.throwIfAborted();
    if (isOwn(file)) continue;
    files.push(file);
    if (batch.push(file) < BATCH) continue;
    await add(batch);
    batch = [];
  }
  if (batch.length > 0) await add(batch);
  return { files, ids };
}
