import { advance, laneOf, opensAt, takeOver } from "@anyqueue/api";
import type { Job, LaneShare, PollRequest, PollResult } from "@anyqueue/api";
import { unseal } from "./entry.ts";
import type { Entry, Sealed } from "./entry.ts";
import type { Lane } from "./lane.ts";
import { useOf } from "./limits.ts";
import { merge } from "./merge.ts";
import { byLeaseEnd } from "./orders.ts";
import { Search, chooseByIds, nameIn } from "./search.ts";
import { earliest } from "./shelf.ts";
import type { State } from "./state.ts";

/** Chooses, orders, advances and leases due jobs in one step (P6–P11, P15). */
export function poll(state: State, request: PollRequest): PollResult {
  const now = state.now(request.now);
  const shares = sharesOf(state, request);
  const search = new Search(request, now);
  const chosen = request.ids ? chooseByIds(state, lanesOf(state, shares), request, now) : search.choose(state, shares);

  const expired = rescue(state, shares, request, now);
  const jobs = chosen.map((entry) => take(state, entry, request, now));
  state.finish(now);
  const isFull = request.limit > 0 && jobs.length >= request.limit;
  // A job that is moved and not held may be found once more, or make room for another one.
  const hasNew = jobs.length > 0 && request.lease === undefined;
  const hasMore = (lane: Lane): boolean => hasNew || (request.ids ? request.limit === 0 : !search.hasFinished(lane));
  const result = {
    jobs,
    expired,
    nextDueAt: isFull ? now : nextDueAt(lanesOf(state, shares), request, now, hasMore),
    now,
  };
  return search.isCutShort && !isFull ? { ...result, after: search.cursor() } : result;
}

/** The lanes to serve, in order. Every lane: from another one each time, so that none starves. */
function sharesOf(state: State, { lanes, ids }: PollRequest): readonly LaneShare[] {
  if (ids) return [...new Set(ids.map(laneOf))];
  if (lanes) return lanes;
  const all = [...state.jobs.lanes.keys()];
  const start = all.length === 0 ? 0 : state.round++ % all.length;
  return [...all.slice(start), ...all.slice(0, start)];
}

/** The lanes that exist, each once. Polling brings none into being. */
function lanesOf(state: State, shares: readonly LaneShare[]): Lane[] {
  const names = new Set(shares.map(nameIn));
  return [...names].map((name) => state.jobs.lanes.get(name)).filter((lane) => lane !== undefined);
}

function take(state: State, entry: Entry, { to = "active", lease }: PollRequest, now: number): Job {
  const next = advance(entry.job, { to, now, lease: lease && { ...lease, token: ++state.token } }) as Sealed;
  state.start(entry, next, now);
  return unseal(next);
}

/** Takes over jobs whose lease has ended, also in paused lanes: a worker died, whatever the lane is set to (P15). */
function rescue(state: State, shares: readonly LaneShare[], { lease, expired = 0 }: PollRequest, now: number): Job[] {
  if (lease === undefined || expired === 0) return [];
  const ended: Entry[] = [];
  const streams = lanesOf(state, shares)
    .filter((lane) => hasEnded(lane.leases.first(), now))
    .map((lane) => lane.leases.after());
  for (const entry of merge<Entry>(streams, byLeaseEnd)) {
    if (ended.length >= expired || !hasEnded(entry, now)) break;
    ended.push(entry);
  }
  return ended.map((entry) => {
    const next = takeOver(entry.job, { ...lease, token: ++state.token }, now) as Sealed;
    state.takeOver(entry, next, now);
    return unseal(next);
  });
}

function hasEnded(entry: Entry | undefined, now: number): boolean {
  return entry?.job.lease !== undefined && entry.job.lease.until <= now;
}

/**
 * Never later than the time at which a poll could find something; null if there is none (P10). What is due counts where
 * there may be more of it than was looked at; what a filter refused will be refused again. Where a limit is reached, it
 * counts when that opens again (P19).
 */
function nextDueAt(
  lanes: readonly Lane[],
  { from = "waiting" }: PollRequest,
  now: number,
  hasMore: (lane: Lane) => boolean,
): number | null {
  let next: number | undefined;
  for (const lane of lanes) {
    next = earliest(next, lane.leases.first()?.job.lease?.until);
    const startAt = opensAt(useOf(lane), now);
    const shelf = lane.shelves.get(from);
    if (startAt === undefined || shelf === undefined) continue;
    // A poll that met more than it could make ready has left some of it scheduled.
    const isDue = startAt > now || hasMore(lane) ? shelf.isDue(now) : shelf.hasLeftDue(now);
    next = earliest(next, isDue ? startAt : shelf.nextDueAt(now));
  }
  return next ?? null;
}
