import {
  isTerminal,
  keptFor,
  type LaneShare,
  matches,
  matchesTypes,
  nextStartAt,
  type PollRequest,
  type RemoveQuery,
  startsLeft,
} from "anyqueue";
import type { ArrayStore } from "./array-store.ts";
import { byKeys, type Entry, finishedPlace, pollPlace, touchedPlace } from "./orders.ts";

type Finished = Exclude<RemoveQuery, { readonly ids: unknown }>;

/** The jobs that a poll takes: lane by lane, in each lane in order, as many as asked for and as its limits allow. */
export function choose(store: ArrayStore, shares: readonly LaneShare[], request: PollRequest, now: number): Entry[] {
  const { limit, ids, types, where } = request;
  const candidates = store.entries
    .filter((entry) => isOpen(entry, request) && entry.job.runAt <= now && (!ids || ids.includes(entry.job.id)))
    .filter(({ job }) => matchesTypes(types, job.type) && (!where || matches(where, job)))
    .sort(byKeys(request.order === "touched" ? touchedPlace : pollPlace));

  const chosen = new Set<Entry>();
  const rooms = new Map(shares.map((share) => [laneNamed(share), roomIn(store, laneNamed(share), now)]));
  for (const share of shares) {
    const lane = laneNamed(share);
    const room = rooms.get(lane) ?? 0;
    const most = Math.min(room, limit - chosen.size, typeof share === "string" ? limit : share.limit);
    const taken = candidates.filter((entry) => entry.job.lane === lane && !chosen.has(entry)).slice(0, most);
    for (const entry of taken) chosen.add(entry);
    rooms.set(lane, room - taken.length);
  }
  return [...chosen];
}

/** The jobs of these lanes whose lease has ended, the first to end first, also in paused lanes (P15). */
export function ended(store: ArrayStore, lanes: readonly string[], now: number): Entry[] {
  return store.entries
    .filter(({ job }) => lanes.includes(job.lane) && job.lease !== undefined && job.lease.until <= now)
    .sort(byKeys(({ job }) => [job.lease?.until ?? 0]));
}

/** The first time at which a poll of these lanes could find something (P10). */
export function nextDueAt(
  store: ArrayStore,
  lanes: readonly string[],
  request: PollRequest,
  now: number,
): number | null {
  const times = lanes.flatMap((lane) => {
    const entries = store.entries.filter(({ job }) => job.lane === lane);
    const leaseEnds = entries.flatMap(({ job }) => job.lease?.until ?? []);
    const { paused, concurrency, rate } = store.settings(lane);
    if (paused === true || leaseEnds.length >= (concurrency ?? Infinity)) return leaseEnds;
    const startAt = rate ? nextStartAt(store.buckets.get(lane), rate, now) : now;
    const dueTimes = entries.filter((entry) => isOpen(entry, request)).map(({ job }) => Math.max(job.runAt, startAt));
    return [...leaseEnds, ...dueTimes];
  });
  return times.reduce<number | null>((first, time) => Math.min(first ?? time, time), null);
}

/** The finished jobs that a removal means, the first to finish first, apart from those that are still needed (P26, P20). */
export function outdated(store: ArrayStore, query: Finished, now: number): Entry[] {
  const { lane, limit } = query;
  const needed = store.needed();
  const finished = store.entries
    .filter(({ job }) => isTerminal(job.state) && (lane === undefined || job.lane === lane))
    .sort(byKeys(finishedPlace));
  const isOutdated = ({ job }: Entry, i: number): boolean => {
    const { state, finishedAt = 0 } = job;
    if ("states" in query) return query.states.some((name) => name === state) && finishedAt <= now - query.olderThanMs;
    const isBeyondCount = i < finished.length - (query.keep.count ?? Infinity);
    return isBeyondCount || finishedAt + (keptFor(job, query.keep) || 0) <= now;
  };
  return finished.filter((entry, i) => isOutdated(entry, i) && !needed.has(entry.job.id)).slice(0, limit);
}

export function laneNamed(share: LaneShare): string {
  return typeof share === "string" ? share : share.lane;
}

/** True for a job in the polled state that nobody holds and whose turn it is, due or not. */
function isOpen({ job, hasTurn }: Entry, { from = "waiting" }: PollRequest): boolean {
  return job.state === from && job.lease === undefined && (job.orderingKey === undefined || hasTurn);
}

/** How many jobs a poll may take from a lane (P19). */
function roomIn(store: ArrayStore, lane: string, now: number): number {
  const { paused, concurrency, rate } = store.settings(lane);
  if (paused === true) return 0;
  const leases = store.entries.filter(({ job }) => job.lane === lane && job.lease !== undefined).length;
  const starts = rate ? startsLeft(store.buckets.get(lane), rate, now) : Infinity;
  return Math.max(0, Math.min(starts, (concurrency ?? Infinity) - leases));
}
