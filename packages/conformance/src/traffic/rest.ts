import type { Adapter, Job, JobEvent } from "@anyqueue/api";
import type { Rest } from "../history/check-history.ts";
import { wholeLog } from "../read-log.ts";
import { HOUR, MINUTE } from "../time.ts";

/** How many jobs are looked at in one call. */
const BATCH = 500;
/** After so many polls, jobs come back that were completed. */
const MOST_POLLS = 200;

/**
 * Brings a lane to rest, as workers and rescuers do when everybody else has gone: what was left behind goes back once its
 * lease has ended, and everything that is due is completed. Then it reads every job of the lane with its log, and each of
 * `ids` by itself, also those that are gone.
 */
export async function bringToRest(adapter: Adapter, lane: string, ids: readonly string[], now: number): Promise<Rest> {
  // Later than every lease and every delay of the traffic.
  const later = now + 2 * HOUR;
  const lease = { ms: MINUTE, holder: "rest" };
  for (let i = 0; i < MOST_POLLS; i++) {
    const { jobs, expired } = await adapter.poll({ lanes: [lane], limit: BATCH, expired: BATCH, lease, now: later });
    if (jobs.length + expired.length === 0) break;
    await adapter.cas(
      [
        ...jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } })),
        ...expired.map(({ id, token }) => ({ id, expect: { token }, set: { state: "waiting", delayMs: 0 } })),
      ],
      { now: later },
    );
  }
  for (let i = 0; i < ids.length; i += BATCH) await adapter.get(ids.slice(i, i + BATCH));
  const jobs = await listAll(adapter, lane, later);
  const events: JobEvent[] = [];
  // By the job: where to go on in the log of the whole store may be held up by others.
  for (let i = 0; i < jobs.length; i += 20) {
    const logs = jobs.slice(i, i + 20).map(({ id }) => wholeLog(adapter, { id, kinds: ["user", "failed"] }));
    for (const log of await Promise.all(logs)) events.push(...log);
  }
  return { jobs, events };
}

async function listAll(adapter: Adapter, lane: string, now: number): Promise<Job[]> {
  const jobs: Job[] = [];
  let after: string | undefined;
  do {
    const page = await adapter.list({ lanes: [lane], limit: BATCH, now, ...(after !== undefined && { after }) });
    jobs.push(...page.items);
    after = page.after;
  } while (after !== undefined);
  return jobs;
}
