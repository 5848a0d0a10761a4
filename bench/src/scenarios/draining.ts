import { perSecond } from "../statistics.ts";
import type { Session } from "../subject.ts";
import { Tally } from "../tally.ts";
import { addInBulk } from "./adding.ts";

/** How jobs are drained, and what they carry. */
interface Draining {
  /** The best configuration if this is silent. */
  readonly concurrency?: number;
  readonly padding?: string;
}

/**
 * Adds so many jobs and answers how many a second are drained.
 * @throws InvalidRun unless each ran exactly once.
 */
export async function rateOfDrain(
  session: Session,
  jobs: number,
  { concurrency, padding }: Draining = {},
): Promise<number> {
  await addInBulk(session, jobs, { padding });
  const tally = new Tally();
  const startedAt = performance.now();
  await session.drain((n) => tally.add(n), concurrency);
  const ms = performance.now() - startedAt;
  tally.check(jobs);
  return perSecond(jobs, ms);
}
