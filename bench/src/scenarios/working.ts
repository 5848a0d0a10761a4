import { stopped } from "../patience.ts";
import type { Ran, Session } from "../subject.ts";

/**
 * Does something while a worker works, and ends the worker after it: also when that fails, or it would poll on beside all
 * that is measured later. Undefined where the subject cannot wait for jobs.
 */
export async function whileWorking<T>(
  session: Session,
  task: () => Promise<T>,
  ran: Ran,
  finished?: Ran,
): Promise<T | undefined> {
  const stop = await session.work?.(ran, finished);
  if (stop === undefined) return undefined;
  try {
    return await task();
  } finally {
    await stopped(stop);
  }
}
