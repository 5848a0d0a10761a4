import { endProcesses } from "./processes/children.ts";
import type { Plan } from "./scenario.ts";
import { InvalidRun } from "./tally.ts";

const MINUTE_MS = 60_000;
/** More than any step needs on a slow machine. */
const MOST_MS = { smoke: 2 * MINUTE_MS, full: 30 * MINUTE_MS };
/** To load and drain each job of a backlog that was asked for. */
const JOB_MS = 2;
/** What is left to a step when the run is to end. */
const HURRY_MS = 5000;
/** For a step that is left behind, to remove its store. */
const TIDY_MS = 3000;

/** A step that stands still, and has been left behind. */
export class NotEnded extends InvalidRun {}

/** The run is to end, and the step under way did not: nothing is known of it. */
export class GivenUp extends Error {}

/** How long a step may take; by much more than what it is asked to wait and to do. */
export function limitOf({ smoke, seconds = 0, backlogs = [] }: Plan): number {
  return MOST_MS[smoke ? "smoke" : "full"] + 2 * seconds * 1000 + JOB_MS * Math.max(0, ...backlogs);
}

/**
 * Awaits a step for so long at most, and for some seconds once the run is to end; then its processes are ended, and it is
 * left behind. What nobody catches meanwhile is the step's failure, not the end of everything. Only a step that lets no
 * other code run in this process cannot be left.
 *
 * @throws NotEnded, and GivenUp when the run is to end.
 */
export async function withinLimit<T>(step: () => Promise<T>, limitMs: number, signal?: AbortSignal): Promise<T> {
  const over = Promise.withResolvers<never>();
  const late = new NotEnded(`it did not end within ${Math.ceil(limitMs / MINUTE_MS)} minutes`);
  const timers = [setTimeout(() => over.reject(late), limitMs)];
  const hurry = (): void => void timers.push(setTimeout(() => over.reject(new GivenUp()), HURRY_MS));
  const uncaught = (error: unknown): void => over.reject(new Error(`nobody caught ${String(error)}`));
  signal?.addEventListener("abort", hurry);
  process.on("uncaughtException", uncaught);
  let hasEnded = false;
  const result = step().finally(() => (hasEnded = true));
  try {
    return await Promise.race([result, over.promise]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    signal?.removeEventListener("abort", hurry);
    if (!hasEnded) await leave(result);
    // Else what it throws later has still somebody to hear it.
    if (hasEnded) process.off("uncaughtException", uncaught);
  }
}

/** Without their processes most steps fail, and remove their stores. */
async function leave(step: Promise<unknown>): Promise<void> {
  const gone = step.catch(() => undefined);
  await endProcesses();
  await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, TIDY_MS))]);
}
