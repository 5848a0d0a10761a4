import type { JobOptions, Session } from "../subject.ts";

const BULK = 1000;
/** What may travel in one call, whatever the payloads are. */
const BULK_BYTES = 4_000_000;

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

/** So many callers add jobs, each awaiting its own. */
export async function addAtOnce(session: Session, jobs: number, callers: number, padding?: string): Promise<void> {
  if (session.addTogether) {
    for (let n = 0; n < jobs; n += callers) await session.addTogether(Math.min(callers, jobs - n), padding);
    return;
  }
  let next = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (next < jobs) await session.add(next++, padding);
    }),
  );
}
