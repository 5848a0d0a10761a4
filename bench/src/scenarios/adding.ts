import type { JobOptions } from "../jobs.ts";
import { perSecond } from "../statistics.ts";
import type { Session } from "../subject.ts";
import { checkAllThere } from "./all-there.ts";

const BULK = 1000;
/** What may travel in one call, whatever the payloads are. */
const BULK_BYTES = 4_000_000;
/** A rate is known by then; some queues would take half a minute for jobs of which others add as many in a blink. */
const LONG_ENOUGH_MS = 5000;

/** Adds jobs numbered from `first`, in calls of a thousand. */
export async function addInBulk(
  session: Session,
  jobs: number,
  { first = 0, ...options }: JobOptions = {},
): Promise<void> {
  const most = Math.min(BULK, Math.ceil(BULK_BYTES / (options.padding?.length ?? 1)));
  for (let n = 0; n < jobs; n += most) {
    await session.addMany(Math.min(most, jobs - n), { ...options, first: first + n });
  }
}

interface Adding {
  /** The number of the first, 0 if this is silent. */
  readonly first?: number;
  readonly padding?: string | undefined;
  /** When to stop, whatever is left, on the clock of `performance`. */
  readonly until?: number;
}

/** So many callers add jobs, each awaiting its own. Answers how many were added until all were, or until that time. */
export async function addAtOnce(
  session: Session,
  jobs: number,
  callers: number,
  { first = 0, padding, until = Number.POSITIVE_INFINITY }: Adding = {},
): Promise<number> {
  let count = 0;
  const goesOn = (): boolean => count < jobs && performance.now() < until;
  if (callers > 1 && session.addTogether) {
    while (goesOn()) {
      const together = Math.min(callers, jobs - count);
      await session.addTogether(together, { first: first + count, padding });
      count += together;
    }
    return count;
  }
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (goesOn()) await session.add(first + count++, padding);
    }),
  );
  return count;
}

/** How long adding is timed. */
interface Timing {
  readonly callers: number;
  /** As many as time allows if this is silent. */
  readonly jobs?: number;
  readonly ms?: number;
  readonly padding?: string;
}

/**
 * How many jobs a second so many callers add, each awaiting its own. Before the clock starts each has added some, for a
 * tenth of the jobs or of the time, so that connections are open.
 * @throws InvalidRun unless all are there afterwards, once each.
 */
export async function rateOfAdding(
  session: Session,
  { callers, jobs = Number.POSITIVE_INFINITY, ms = LONG_ENOUGH_MS, padding }: Timing,
): Promise<number> {
  const some = Math.max(callers, Math.ceil(jobs / 10));
  const warmUp = await addAtOnce(session, some, callers, { padding, until: performance.now() + ms / 10 });
  const startedAt = performance.now();
  const added = await addAtOnce(session, jobs, callers, { first: warmUp, padding, until: startedAt + ms });
  const rate = perSecond(added, performance.now() - startedAt);
  await checkAllThere(session, warmUp + added);
  return rate;
}
