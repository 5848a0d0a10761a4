import { setTimeout as sleep } from "node:timers/promises";
import type { Adapter, Job, JobEvent } from "@anyqueue/api";
import type { Rest } from "../history/check-history.ts";
import { wholeLog } from "../read-log.ts";
import { HOUR, MINUTE, SECOND } from "../time.ts";

/** How many jobs are looked at in one call. */
const BATCH = 500;
/** After so many polls that found something, jobs come back that were completed. */
const MOST_POLLS = 200;
/** How long a poll may find nothing of what is due, and how long it waits until the next one; in milliseconds. */
const PATIENCE = 5 * SECOND;
const PAUSE = 20;

/**
 * Brings a lane to rest, as workers and rescuers do when everybody else has gone: what was left behind goes back once its
 * lease has ended, and everything that is due is completed. Then it reads every job of the lane with its log, and each of
 * `ids` by itself, also those that are gone.
 */
export async function bringToRest(adapter: Adapter, lane: string, ids: readonly string[], now: number): Promise<Rest> {
  // Later than every lease and every delay of the traffic.
  const later = now + 2 * HOUR;
  await completeAll(adapter, lane, later);
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

/** Until nothing is found, and nothing is due that a poll may have passed over because others just touched it (P10). */
async function completeAll(adapter: Adapter, lane: string, now: number): Promise<void> {
  const lease = { ms: MINUTE, holder: "rest" };
  let found = 0;
  let foundAt = performance.now();
  while (performance.now() - foundAt < PATIENCE) {
    const { jobs, expired, nextDueAt } = await adapter.poll({
      lanes: [lane],
      limit: BATCH,
      expired: BATCH,
      lease,
      now,
    });
    if (jobs.length + expired.length === 0) {
      if (nextDueAt === null || nextDueAt > now) return;
      await sleep(PAUSE);
      continue;
    }
    found += 1;
    if (found > MOST_POLLS) throw new Error(`${MOST_POLLS} polls did not empty a lane that nobody else uses any more.`);
    foundAt = performance.now();
    await adapter.cas(
      [
        ...jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } })),
        ...expired.map(({ id, token }) => ({ id, expect: { token }, set: { state: "waiting", delayMs: 0 } })),
      ],
      { now },
    );
  }
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
