import { setTimeout } from "node:timers/promises";
import type { Queue } from "@anyqueue/api";
import { isTerminal } from "@anyqueue/api";
import type { jobs } from "./file-job.ts";
import type { Staff } from "./staff.ts";

/** How often to look, in milliseconds. */
const PERIOD = 50;
/** The store itself is asked this seldom before the workers say that they are through. */
const LOOKS_PER_QUESTION = 10;

/** Resolves when every job of the lane has ended, by what the store says. */
export async function untilFinished(watch: {
  readonly queue: Queue<typeof jobs>;
  readonly lane: string;
  readonly staff: Staff;
  readonly total: number;
  readonly onProgress: (done: number) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { queue, lane, staff, total, onProgress, signal } = watch;
  for (let look = 0; ; look++) {
    signal.throwIfAborted();
    if (staff.failure) throw staff.failure;
    onProgress(staff.done);
    const isTime = staff.done >= total || look % LOOKS_PER_QUESTION === 0;
    if (isTime && (await isFinished(queue, lane))) return;
    await setTimeout(PERIOD, undefined, { signal }).catch(() => undefined);
  }
}

async function isFinished(queue: Queue<typeof jobs>, name: string): Promise<boolean> {
  const status = (await queue.lanes()).find(({ lane }) => lane === name);
  return Object.keys(status?.counts ?? {}).every(isTerminal);
}
