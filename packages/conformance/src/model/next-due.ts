import { type Adapter, isTerminal, matches, matchesTypes, type PollRequest, type PollResult } from "@anyqueue/api";
import type { Known } from "./known.ts";

/** What `nextDueAt` of a poll may be (P10). */
export interface Due {
  /** Never later than this; null where nothing is known to come due, and so anything goes. */
  readonly latest: number | null;
  /** Whether a worker may be told to come back at once. */
  readonly mayBeNow: boolean;
}

/** What may be answered to a poll after it was made, seen from the other store. */
export async function dueAfter(
  request: PollRequest,
  { jobs, now }: PollResult,
  reference: Adapter,
  known: Known,
): Promise<Due> {
  const { ids, types, where, from, lanes = [...known.lanes] } = request;
  const names = lanes.flatMap((share) => (typeof share === "string" ? [share] : share.limit > 0 ? [share.lane] : []));
  // A poll of certain jobs may look at them only.
  if (ids !== undefined) return { latest: null, mayBeNow: true };
  if (types !== undefined || where !== undefined)
    return { latest: await firstFiltered(request, names, reference, known), mayBeNow: true };
  // What is scheduled in a lane with limits can be found only when they allow, which a store may know better, or not.
  const open = await openLanes(reference);
  const { nextDueAt } = await reference.poll({
    lanes: names.filter((lane) => open.has(lane)),
    limit: 0,
    now,
    ...(from !== undefined && { from }),
  });
  const ends = known.jobs.flatMap(({ lane, lease }) => (lease && names.includes(lane) ? [lease.until] : []));
  const latest = earliest([...ends, ...(nextDueAt === null ? [] : [nextDueAt])]);
  const mayBeMore = jobs.length > 0 || names.length < lanes.length || names.some((lane) => !open.has(lane));
  return { latest, mayBeNow: mayBeMore || (latest !== null && latest <= now) };
}

/** What is wrong with the `nextDueAt` of an answer, if anything is. */
export function wrongDue({ nextDueAt, now }: PollResult, { latest, mayBeNow }: Due): string | null {
  if (nextDueAt !== null && !Number.isFinite(nextDueAt)) return "`nextDueAt` is neither a time nor null";
  if (latest !== null && (nextDueAt === null || nextDueAt > Math.max(latest, now))) {
    const told = nextDueAt === null ? "null" : `${nextDueAt - now} ms from now`;
    return `\`nextDueAt\` is ${told}, but a poll could find something ${Math.max(0, latest - now)} ms from now (P10)`;
  }
  if (!mayBeNow && nextDueAt !== null && nextDueAt <= now) return "`nextDueAt` is now, but nothing is due (P10)";
  return null;
}

/**
 * When a poll with a filter could find something: the first end of a lease, or the first job that it accepts in a lane where
 * nothing else may hold it up. A store may look no closer, and tell an earlier time.
 */
async function firstFiltered(
  { types, where, from = "waiting" }: PollRequest,
  lanes: readonly string[],
  reference: Adapter,
  known: Known,
): Promise<number | null> {
  const open = await openLanes(reference);
  const times = known.jobs.flatMap((job) => {
    if (!lanes.includes(job.lane) || isTerminal(job.state)) return [];
    if (job.lease) return [job.lease.until];
    const isFound = job.state === from && job.orderingKey === undefined && open.has(job.lane);
    return isFound && matchesTypes(types, job.type) && (where === undefined || matches(where, job)) ? [job.runAt] : [];
  });
  return earliest(times);
}

function earliest(times: readonly number[]): number | null {
  return times.length === 0 ? null : Math.min(...times);
}

/** The lanes whose settings keep nothing back. */
async function openLanes(reference: Adapter): Promise<ReadonlySet<string>> {
  return new Set((await reference.lanes()).filter(({ settings }) => isOpen(settings)).map(({ lane }) => lane));
}

function isOpen({ paused, concurrency, rate }: { paused?: unknown; concurrency?: unknown; rate?: unknown }): boolean {
  return paused !== true && concurrency === undefined && rate === undefined;
}
