import type { Readable } from "node:stream";
import type { Queue } from "@anyqueue/api";
import { linesOf } from "./lines.ts";
import { type Defaults, parseJob, type Request } from "./parse-job.ts";
import type { Source } from "./source.ts";

/** A line that is not added. */
export interface RefusedLine {
  readonly line: number;
  readonly reason: string;
}

/** What became of the lines. */
export interface AddedLines {
  readonly added: number;
  /** Jobs whose id was there already. */
  readonly existing: number;
  readonly refused: number;
}

/** How lines are added. */
export interface LinesOptions {
  readonly queue: Queue;
  readonly source: Source;
  readonly defaults: Defaults;
  /** Add the good lines although there are bad ones. */
  readonly skipBad: boolean;
  readonly onRefused: (line: RefusedLine) => void;
  readonly onChecked: (lines: number) => void;
  readonly onAdded: (jobs: number) => void;
  readonly signal: AbortSignal;
}

const BATCH = { jobs: 1000, bytes: 4 * 1024 * 1024 } as const;

/** Adds a job for each line, in batches. Unless bad lines are skipped, all are checked before the first is added. */
export async function addLines(options: LinesOptions): Promise<AddedLines> {
  const { source, skipBad } = options;
  if (!skipBad) {
    const refused = await check(options, source.read());
    if (refused > 0) return { added: 0, existing: 0, refused };
  }
  return add(options, source.read());
}

async function check(
  { queue, defaults, onRefused, onChecked, signal }: LinesOptions,
  stream: Readable,
): Promise<number> {
  let refused = 0;
  for await (const line of linesOf(stream)) {
    signal.throwIfAborted();
    const parsed = parseJob(line, defaults, queue);
    if ("refused" in parsed) {
      refused++;
      onRefused({ line: parsed.number, reason: parsed.refused });
    }
    onChecked(line.number);
  }
  return refused;
}

async function add(
  { queue, defaults, onRefused, onAdded, signal }: LinesOptions,
  stream: Readable,
): Promise<AddedLines> {
  const count = { added: 0, existing: 0, refused: 0 };
  let batch: Request[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    if (batch.length === 0) return;
    for (const { status } of await queue.addMany(batch)) {
      if (status === "added" || status === "existing") count[status]++;
    }
    batch = [];
    bytes = 0;
    onAdded(count.added + count.existing);
  };
  for await (const line of linesOf(stream)) {
    if (signal.aborted) break;
    const parsed = parseJob(line, defaults, queue);
    if ("refused" in parsed) {
      count.refused++;
      onRefused({ line: parsed.number, reason: parsed.refused });
      continue;
    }
    batch.push(parsed.request);
    bytes += parsed.bytes;
    if (batch.length >= BATCH.jobs || bytes >= BATCH.bytes) await send();
  }
  await send();
  return count;
}
