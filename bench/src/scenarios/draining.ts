import type { Session } from "../subject.ts";
import { Tally } from "../tally.ts";
import { addInBulk } from "./adding.ts";
import { Pace } from "./pace.ts";

/** How jobs are drained, and what they carry. */
interface Draining {
  /** The best configuration if this is silent. */
  readonly concurrency?: number;
  readonly padding?: string;
}

/**
 * Adds so many jobs, and some more for the warm-up, and answers how many a second are drained.
 * @throws InvalidRun unless each ran exactly once.
 */
export async function rateOfDrain(
  session: Session,
  jobs: number,
  { concurrency, padding }: Draining = {},
): Promise<number> {
  const pace = new Pace(jobs);
  await addInBulk(session, pace.total, { padding });
  const tally = new Tally();
  await session.drain((n) => {
    pace.began();
    tally.add(n);
  }, concurrency);
  tally.check(pace.total);
  return pace.rate();
}
