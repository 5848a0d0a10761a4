import {
  CANDIDATE_BOUND,
  decodeCursor,
  encodeCursor,
  isPlaceByLane,
  laneOf,
  type LaneSettings,
  matches,
  matchesTypes,
  type PollRequest,
} from "@anyqueue/api";
import type { Limits } from "./limits.ts";
import { type JobRow, PLACE, toJob } from "./rows.ts";
import type { Statements } from "./statements.ts";
import { parseSettings } from "./transaction.ts";

/** A lane at its place in the list of a poll, and how many jobs may be taken from it there. */
export interface Share {
  readonly lane: string;
  readonly limit: number;
  readonly settings: LaneSettings;
}

/** The rows that a poll may take, in order. */
export interface Candidates {
  readonly rows: readonly JobRow[];
  /** True when a lane gave all that was asked of it, so that there may be more that a poll could take. */
  readonly mayBeMore: boolean;
  /** Where a filtered poll that looked at its bounded number of candidates goes on. */
  readonly after?: string;
}

/** The lanes of a poll in the order in which they are served. Without any, all of them, from another one each turn. */
export function sharesOf(sql: Statements, request: PollRequest, turn: number): Share[] {
  if (request.lanes !== undefined) {
    return request.lanes.map((share) =>
      typeof share === "string"
        ? toShare(share, request.limit, sql.findLane.get(share))
        : toShare(share.lane, share.limit, sql.findLane.get(share.lane)),
    );
  }
  if (request.ids !== undefined) {
    const lanes = [...new Set(request.ids.map(laneOf))];
    return lanes.map((lane) => toShare(lane, request.limit, sql.findLane.get(lane)));
  }
  const lanes = sql.lanes.all().map(([lane, settings]) => toShare(lane, request.limit, settings));
  const start = lanes.length === 0 ? 0 : turn % lanes.length;
  return [...lanes.slice(start), ...lanes.slice(0, start)];
}

function toShare(lane: string, limit: number, settings: string | undefined): Share {
  return { lane, limit, settings: parseSettings(settings) };
}

/** How many more jobs may be taken from a lane of which so many were taken already. */
function leftIn({ lane, settings }: Share, limits: Limits, taken = 0): number {
  return settings.paused === true ? 0 : limits.left(lane, settings) - taken;
}

/** Chooses what a poll may take, in the order of its lanes and in each lane in poll order (P7). Only reads. */
export function choose(
  sql: Statements,
  request: PollRequest,
  shares: readonly Share[],
  limits: Limits,
  now: number,
): Candidates {
  const resumed = readCursor(request);
  if (request.ids !== undefined) return chooseById(sql, request, request.ids, shares, limits, now);
  if (request.limit === 0)
    return { rows: [], mayBeMore: hasReady(sql, request.from ?? "waiting", shares, limits, now) };
  const isFiltered = request.types !== undefined || request.where !== undefined || resumed !== undefined;
  return isFiltered
    ? chooseFiltered(sql, request, resumed, shares, limits, now)
    : chooseFirst(sql, request, shares, limits, now);
}

/** Who takes nothing still wants to know whether there is something to take (P10). */
export function hasReady(
  sql: Statements,
  from: string,
  shares: readonly Share[],
  limits: Limits,
  now: number,
): boolean {
  return shares.some((share) => leftIn(share, limits) > 0 && sql.ready.get(share.lane, from, now, 1) !== undefined);
}

function chooseFirst(
  sql: Statements,
  request: PollRequest,
  shares: readonly Share[],
  limits: Limits,
  now: number,
): Candidates {
  const { limit, from = "waiting" } = request;
  const select = request.order === "touched" ? sql.touched : sql.ready;
  const taken = new Map<string, number>();
  const rows: JobRow[] = [];
  let mayBeMore = false;
  for (const share of shares) {
    // A lane that comes a second time goes on behind what was taken from it the first time.
    const skipped = taken.get(share.lane) ?? 0;
    const left = leftIn(share, limits, skipped);
    const wanted = Math.min(share.limit, limit - rows.length, left);
    if (wanted <= 0) continue;
    const found = select.all(share.lane, from, now, skipped + wanted).slice(skipped);
    for (const row of found) rows.push(row);
    taken.set(share.lane, skipped + found.length);
    mayBeMore ||= found.length === wanted && wanted < left;
  }
  return { rows, mayBeMore };
}

/** How far a filtered poll has looked in a lane: the place in poll order of the last candidate. */
type Place = readonly number[];

function chooseFiltered(
  sql: Statements,
  request: PollRequest,
  resumed: ReadonlyMap<string, Place> | undefined,
  shares: readonly Share[],
  limits: Limits,
  now: number,
): Candidates {
  // Of the lanes that are not looked through to their end. No plain object: a lane may be called `constructor`.
  const places = new Map(resumed);
  const looked = new Map<string, number>();
  const taken = new Map<string, number>();
  const finished = new Set<string>();
  const rows: JobRow[] = [];

  const takeFrom = (lane: string, wanted: number): "filled" | "cut short" | "finished" => {
    const end = rows.length + wanted;
    let count = looked.get(lane) ?? 0;
    for (const row of candidates(sql, request, lane, places.get(lane), wanted, now)) {
      if (count === CANDIDATE_BOUND) return "cut short";
      looked.set(lane, ++count);
      places.set(lane, placeOf(request, row));
      if (isWanted(request, row)) rows.push(row);
      if (rows.length === end) return "filled";
    }
    finished.add(lane);
    places.delete(lane);
    return "finished";
  };

  const ends = shares.map((share) => {
    const { lane, limit } = share;
    const before = rows.length;
    const left = leftIn(share, limits, taken.get(lane));
    const wanted = Math.min(limit, request.limit - before, left);
    // Lanes without a place in `after` were looked through to their end by the calls before.
    const isDone = finished.has(lane) || resumed?.has(lane) === false;
    if (wanted <= 0 || isDone) return "finished";
    const end = takeFrom(lane, wanted);
    taken.set(lane, (taken.get(lane) ?? 0) + rows.length - before);
    return end === "filled" && wanted === left ? "finished" : end;
  });
  const isShort = rows.length < request.limit && ends.includes("cut short");
  return {
    rows,
    mayBeMore: ends.includes("filled"),
    ...(isShort && { after: encodeCursor(kindOf(request), [...places]) }),
  };
}

function readCursor(request: PollRequest): ReadonlyMap<string, Place> | undefined {
  if (request.after === undefined) return undefined;
  return new Map(decodeCursor(kindOf(request), request.after, isPlaceByLane(request.order === "touched" ? 1 : 3)));
}

function kindOf({ order = "priority" }: PollRequest): string {
  return `poll/${order}`;
}

function placeOf({ order }: PollRequest, row: JobRow): Place {
  return order === "touched" ? [row[18] ?? 0] : [row[5], row[6], row[0]];
}

/** The candidates behind a place. As many as are wanted come first, since mostly all of them will do. */
function* candidates(
  sql: Statements,
  request: PollRequest,
  lane: string,
  after: Place | undefined,
  wanted: number,
  now: number,
): Generator<JobRow, void, undefined> {
  let place = after;
  for (let size = Math.min(wanted, CANDIDATE_BOUND); ; size = PAGE) {
    const rows = readAfter(sql, request, lane, place, size, now);
    yield* rows;
    const last = rows[size - 1];
    if (last === undefined) return;
    place = placeOf(request, last);
  }
}

/** How many rows are read at a time by a poll that passes over many. */
const PAGE = 100;

function readAfter(
  sql: Statements,
  { order, from = "waiting" }: PollRequest,
  lane: string,
  place: Place | undefined,
  size: number,
  now: number,
): JobRow[] {
  const [first = -1, runAt = 0, seq = 0] = place ?? [];
  return order === "touched"
    ? sql.touchedAfter.all(lane, from, first, now, size)
    : sql.readyAfter.all(lane, from, first, runAt, seq, now, size);
}

function chooseById(
  sql: Statements,
  request: PollRequest,
  ids: readonly string[],
  shares: readonly Share[],
  limits: Limits,
  now: number,
): Candidates {
  const { limit, from = "waiting", order } = request;
  const found = sql.findAll.all(JSON.stringify(ids));
  const isOpen = (row: JobRow) => row[4] === from && OPEN.has(row[25]) && row[6] <= now;
  const rows = shares.flatMap((share) =>
    found
      .filter((row) => row[2] === share.lane && isOpen(row) && isWanted(request, row))
      .toSorted(inOrder(order))
      .slice(0, Math.max(0, leftIn(share, limits))),
  );
  return { rows: rows.slice(0, limit), mayBeMore: rows.length > limit };
}

/** The places of jobs that nobody holds and that nothing holds up. */
const OPEN: ReadonlySet<number> = new Set([PLACE.ready, PLACE.scheduled]);

function inOrder(order: PollRequest["order"]): (a: JobRow, b: JobRow) => number {
  if (order === "touched") return (a, b) => (a[18] ?? 0) - (b[18] ?? 0);
  return (a, b) => a[5] - b[5] || a[6] - b[6] || a[0] - b[0];
}

function isWanted({ types, where }: PollRequest, row: JobRow): boolean {
  return matchesTypes(types, row[3]) && (where === undefined || matches(where, toJob(row)));
}
