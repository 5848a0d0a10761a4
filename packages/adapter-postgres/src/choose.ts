import {
  CANDIDATE_BOUND,
  decodeCursor,
  encodeCursor,
  isPlaceByLane,
  matches,
  matchesTypes,
  type PollRequest,
} from "@anyqueue/api";
import type { Statement } from "./statements.ts";
import type { Polling } from "./poll.ts";
import { type JobRow, toJob } from "./rows.ts";

/** A lane at its place in the list of a poll, and how many jobs may be taken from it there. */
export interface Share {
  readonly lane: string;
  readonly limit: number;
}

/** The rows that a poll has taken, in order. */
export interface Candidates {
  readonly rows: readonly JobRow[];
  /** True when a lane gave all that it may, so that there may be more. */
  readonly mayBeMore: boolean;
  /** Where a filtered poll that looked at its bounded number of candidates goes on. */
  readonly after?: string;
}

/** How far a poll has looked in a lane: the place, in the order of the poll, of the last candidate. */
type Place = readonly number[];

/** How many candidates are read at once at least where a predicate may refuse most of them. */
const PAGE = 100;

/**
 * Takes jobs by looking at candidates and then asking for just those that fit, as they were when they were looked at.
 * Where others take some of them first, it looks at more.
 */
export async function choose(polling: Polling, request: PollRequest, shares: readonly Share[]): Promise<Candidates> {
  if (request.ids !== undefined) return chooseById(polling, request, request.ids, shares);
  const { limit, types, where, after } = request;
  const resumed = placesOf(request);
  const isFiltered = types !== undefined || where !== undefined || after !== undefined;
  const bound = isFiltered ? CANDIDATE_BOUND : Infinity;
  // Of the lanes that are not looked through to their end. No plain object: a lane may be called `constructor`.
  const places = new Map(resumed);
  const looked = new Map<string, number>();
  const finished = new Set<string>();
  const rows: JobRow[] = [];

  const takeFrom = async (lane: string, share: number): Promise<"filled" | "cut short" | "finished"> => {
    const end = rows.length + share;
    while (rows.length < end) {
      const left = bound - (looked.get(lane) ?? 0);
      if (left <= 0) return "cut short";
      const wanted = end - rows.length;
      const page = Math.min(left, isFiltered ? Math.max(PAGE, wanted) : wanted);
      const candidates = await readFrom(polling, request, lane, places.get(lane), page);
      const fitting: JobRow[] = [];
      for (const row of candidates) {
        if (fitting.length === wanted) break;
        looked.set(lane, (looked.get(lane) ?? 0) + 1);
        places.set(lane, placeOf(request, row));
        if (isWanted(request, row)) fitting.push(row);
      }
      rows.push(...(await take(polling, request, fitting)));
      if (candidates.length < page && fitting.length < wanted) {
        finished.add(lane);
        places.delete(lane);
        return rows.length >= end ? "filled" : "finished";
      }
    }
    return "filled";
  };

  const ends: string[] = [];
  for (const share of shares) {
    const wanted = Math.min(share.limit, limit - rows.length);
    // Lanes without a place in `after` were looked through to their end by the calls before.
    const isDone = finished.has(share.lane) || resumed?.has(share.lane) === false;
    if (wanted > 0 && !isDone) ends.push(await takeFrom(share.lane, wanted));
  }
  const isShort = rows.length < limit && ends.includes("cut short");
  return {
    rows,
    mayBeMore: ends.includes("filled"),
    ...(isShort && { after: encodeCursor(kindOf(request), [...places]) }),
  };
}

/** Where the poll before left off in each lane. @throws QueueError `INVALID` for what is no cursor of this order. */
export function placesOf(request: PollRequest): ReadonlyMap<string, Place> | undefined {
  if (request.after === undefined) return undefined;
  return new Map(decodeCursor(kindOf(request), request.after, isPlaceByLane(request.order === "touched" ? 1 : 3)));
}

/** What the cursors of a poll belong to. */
export function kindOf({ order = "priority" }: PollRequest): string {
  return `poll/${order}`;
}

function placeOf({ order }: PollRequest, row: JobRow): Place {
  return order === "touched" ? [row[18] ?? 0] : [row[5], row[6], row[0]];
}

async function readFrom(
  polling: Polling,
  { from = "waiting", order, now }: PollRequest,
  lane: string,
  place: Place | undefined,
  page: number,
): Promise<readonly JobRow[]> {
  const { candidates } = polling.write.sql;
  return ask(polling, candidates, [lane, from, order === "touched", place ?? null, page, now ?? null]);
}

async function chooseById(
  polling: Polling,
  request: PollRequest,
  ids: readonly string[],
  shares: readonly Share[],
): Promise<Candidates> {
  const { limit, from = "waiting", now } = request;
  const found = await ask(polling, polling.write.sql.candidatesById, [[...new Set(ids)], from, now ?? null]);
  const wanted = shares
    .flatMap(({ lane }) =>
      found.filter((row) => row[2] === lane && isWanted(request, row)).toSorted(inOrder(request.order)),
    )
    .slice(0, limit);
  return { rows: await take(polling, request, wanted), mayBeMore: false };
}

function inOrder(order: PollRequest["order"]): (a: JobRow, b: JobRow) => number {
  if (order === "touched") return (a, b) => (a[18] ?? 0) - (b[18] ?? 0);
  return (a, b) => a[5] - b[5] || a[6] - b[6] || a[0] - b[0];
}

function isWanted({ types, where }: PollRequest, row: JobRow): boolean {
  return matchesTypes(types, row[3]) && (where === undefined || matches(where, toJob(row)));
}

/** Of these jobs, takes those that are still as they were read. */
async function take(polling: Polling, request: PollRequest, rows: readonly JobRow[]): Promise<readonly JobRow[]> {
  if (rows.length === 0) return [];
  const { from = "waiting", to = "active", lease, now } = request;
  const { sql, durability, leaseDurability } = polling.write;
  const committed = lease === undefined ? durability : leaseDurability;
  const ids = rows.map((row) => row[1]);
  const versions = rows.map((row) => row[10]);
  const holding = [lease?.ms ?? null, lease?.holder ?? null];
  return ask(polling, sql.take, [ids, versions, from, to, ...holding, now ?? null, committed]);
}

async function ask(polling: Polling, statement: Statement, values: readonly unknown[]): Promise<readonly JobRow[]> {
  return (await polling.connection.query(statement, values)) as unknown as readonly JobRow[];
}
