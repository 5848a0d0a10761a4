import type { JobOptions } from "../jobs.ts";
import { perSecond } from "../statistics.ts";
import type { Session } from "../subject.ts";

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

/** So many callers add jobs, each awaiting its own. Answers how many were added until all were, or until that time. */
export async function addAtOnce(
  session: Session,
  jobs: number,
  callers: number,
  {
    padding,
    until = Number.POSITIVE_INFINITY,
  }: { readonly padding?: string | undefined; readonly until?: number } = {},
): Promise<number> {
  let next = 0;
  const goesOn = (): boolean => next < jobs && performance.now() < until;
  if (session.addTogether) {
    for (; goesOn(); next += callers) await session.addTogether(Math.min(callers, jobs - next), padding);
    return Math.min(next, jobs);
  }
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (goesOn()) await session.add(next++, padding);
    }),
  );
  return next;
}

/** How many jobs a second so many callers add, each awaiting its own; of so many jobs, or of as many as time allows. */
export async function rateOfAdding(session: Session, jobs: number, callers: number, padding?: string): Promise<number> {
  const startedAt = performance.now();
  const added = await addAtOnce(session, jobs, callers, { padding, until: startedAt + LONG_ENOUGH_MS });
  return perSecond(added, performance.now() - startedAt);
}
