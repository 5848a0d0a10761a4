import {
  byCodePoint,
  isTerminal,
  laneOf,
  matches,
  matchesTypes,
  nextStartAt,
  type PollRequest,
  startsLeft,
} from "@anyqueue/api";
import { byPoll, byTouch, sorted } from "./orders.ts";
import { isParked } from "./turns.ts";
import { openLeases, type Row, rowsOf, settingsOf, type World } from "./world.ts";

/** A lane at one place of a poll's list, and how many jobs may have been taken by then. */
type Share = { readonly lane: string; readonly limit: number };

/** The lanes of a poll in the order in which they are served; when none is named, it begins at another one each time. */
export function sharesOf(world: World, request: PollRequest): readonly Share[] {
  const { ids, lanes, limit } = request;
  const shares = ids ? [...new Set(ids.map(laneOf))] : (lanes ?? rotated(world));
  return shares.map((share) => (typeof share === "string" ? { lane: share, limit } : share));
}

/** The jobs that a poll takes, lane by lane. */
export function choose(world: World, request: PollRequest, shares: readonly Share[], now: number): Row[] {
  const due = sorted(world, request.order === "touched" ? byTouch : byPoll).filter((row) =>
    isDue(world, row, request, now),
  );
  const taken = new Set<Row>();
  const left = new Map(shares.map(({ lane }) => [lane, mayStart(world, lane, now)]));
  for (const { lane, limit } of shares) {
    const most = Math.min(request.limit, taken.size + limit);
    for (const row of due) {
      const starts = left.get(lane) ?? 0;
      if (row.job.lane !== lane || taken.has(row) || taken.size >= most || starts < 1) continue;
      taken.add(row);
      left.set(lane, starts - 1);
    }
  }
  return [...taken];
}

/** When a poll of these lanes could find something next (P10). */
export function nextDueAt(world: World, request: PollRequest, shares: readonly Share[], now: number): number | null {
  const times: number[] = [];
  for (const lane of new Set(shares.map((share) => share.lane))) {
    const rows = rowsOf(world, lane);
    for (const { job } of rows) if (job.lease) times.push(job.lease.until);
    const { paused, concurrency, rate } = settingsOf(world, lane);
    if (paused || (typeof concurrency === "number" && openLeases(world, lane) >= concurrency)) continue;
    for (const row of rows) if (isReady(row, request) && row.job.runAt > now) times.push(row.job.runAt);
    if (!rows.some((row) => isDue(world, row, request, now))) continue;
    times.push(rate ? nextStartAt(world.buckets.get(lane), rate, now) : now);
  }
  return times.length === 0 ? null : Math.min(...times);
}

/** How many jobs a poll may take from a lane (P19). */
function mayStart(world: World, lane: string, now: number): number {
  const { concurrency, rate } = settingsOf(world, lane);
  const slots = typeof concurrency === "number" ? concurrency - openLeases(world, lane) : Infinity;
  const starts = rate ? startsLeft(world.buckets.get(lane), rate, now) : Infinity;
  return Math.min(slots, starts);
}

function isDue(world: World, row: Row, request: PollRequest, now: number): boolean {
  const { job } = row;
  return (
    isReady(row, request) &&
    job.runAt <= now &&
    settingsOf(world, job.lane).paused !== true &&
    (!request.ids || request.ids.includes(job.id)) &&
    matchesTypes(request.types, job.type) &&
    (!request.where || matches(request.where, job))
  );
}

function isReady(row: Row, { from = "waiting" }: PollRequest): boolean {
  return row.job.state === from && !isTerminal(from) && !row.job.lease && !isParked(row);
}

function rotated(world: World): string[] {
  const names = [...world.lanes.keys()].sort(byCodePoint);
  world.turn += 1;
  const turn = names.length === 0 ? 0 : world.turn % names.length;
  return [...names.slice(turn), ...names.slice(0, turn)];
}
