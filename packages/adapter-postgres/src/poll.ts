import { encodeCursor, isTerminal, laneOf, type PollRequest, type PollResult } from "@anyqueue/api";
import { type Candidates, choose, kindOf, placesOf, type Share } from "./choose.ts";
import type { Connection, Rows } from "./connection.ts";
import type { Marks } from "./marks.ts";
import type { Pairing } from "./pairing.ts";
import { type JobRow, toJob } from "./rows.ts";
import { compileTypes } from "./type-filter.ts";
import type { Write } from "./write.ts";

/** What a poll works with. */
export interface Polling {
  readonly connection: Pick<Connection, "query">;
  readonly pairing: Pairing;
  readonly write: Write;
  readonly marks: Marks;
  /** Counts polls, so that those of all lanes begin at another one each time. */
  readonly turn: number;
}

/** Chooses, orders, advances and leases due jobs, and takes over those whose lease has ended (P6–P11, P15). */
export async function poll(polling: Polling, request: PollRequest): Promise<PollResult> {
  if (isPlain(request)) return read(await claim(polling, request, request.limit), request);
  const lanes = await lanesOf(polling, request);
  const chosen = await choose(polling, request, lanes);
  tell(polling.write, request, chosen.rows);
  // What is moved and not held may be found once more, and what ended may have let others go on.
  const most = request.lease === undefined && chosen.rows.length > 0 ? 0 : NONE;
  return read(await claim(polling, { ...request, lanes: lanes.map(({ lane }) => lane) }, most), request, chosen);
}

/** Asks for no job, only for those whose lease has ended and for the next due time. */
const NONE = -1;

/** True for what the function `poll` does by itself: to lease jobs in poll order, by lane and type. */
function isPlain({ limit, lease, ids, where, order }: PollRequest): boolean {
  if (ids !== undefined) return false;
  return limit === 0 || (where === undefined && order !== "touched" && lease !== undefined);
}

async function claim(polling: Polling, request: PollRequest, most: number): Promise<Rows> {
  const { pairing, write, marks, turn } = polling;
  const { lanes, limit, types, from = "waiting", to = "active", lease, expired = 0, now } = request;
  const isClaiming = most > 0;
  const ticket = isClaiming && from === "waiting" ? marks.ticket(types) : undefined;
  const filter = types === undefined || !isClaiming ? undefined : compileTypes(types);
  const resumed = isClaiming ? placesOf(request) : undefined;
  const rows = await pairing.poll([
    lanes?.map((share) => (typeof share === "string" ? share : share.lane)) ?? null,
    lanes?.map((share) => (typeof share === "string" ? limit : share.limit)) ?? null,
    turn,
    filter?.names ?? null,
    filter?.patterns ?? null,
    resumed === undefined ? null : JSON.stringify(Object.fromEntries(resumed)),
    from,
    to,
    most,
    lease?.ms ?? null,
    lease?.holder ?? null,
    expired,
    ticket?.given ?? null,
    now ?? null,
    write.leaseDurability,
  ]);
  if (ticket !== undefined) marks.learn(ticket, rowsOf(rows, CLAIMED), rows.at(-1)?.[1] as number);
  return rows;
}

const CLAIMED = 0;
const TAKEN_OVER = 1;

function rowsOf(rows: Rows, kind: number): JobRow[] {
  return rows.filter((row) => row[0] === kind).map((row) => row.slice(1) as unknown as JobRow);
}

/** The last row tells of the whole: the next due time, the clock, and where a poll by type stopped. */
function read(rows: Rows, request: PollRequest, chosen?: Candidates): PollResult {
  const [, , , , , , , runAt, , , , , , clock] = rows.at(-1) as readonly unknown[] as readonly (number | null)[];
  const cut = rows.at(-1)?.at(-1) as string | null;
  const expired = rowsOf(rows, TAKEN_OVER).map(toJob);
  if (chosen === undefined) {
    const jobs = rowsOf(rows, CLAIMED).map(toJob);
    const after = cut === null ? undefined : encodeCursor(kindOf(request), JSON.parse(cut) as never);
    return { jobs, expired, nextDueAt: runAt ?? null, now: clock ?? 0, ...(after !== undefined && { after }) };
  }
  const { rows: taken, mayBeMore, after } = chosen;
  const isFull = request.limit > 0 && taken.length >= request.limit;
  const nextDueAt = isFull || mayBeMore || after !== undefined ? clock : runAt;
  return {
    jobs: taken.map(toJob),
    expired,
    nextDueAt: nextDueAt ?? null,
    now: clock ?? 0,
    ...(after !== undefined && { after }),
  };
}

/** Who leases tells nobody; other moves end jobs, or make them ready in another state (P24). */
function tell({ hints }: Write, { to = "active", lease }: PollRequest, rows: readonly JobRow[]): void {
  for (const [, id, lane] of rows) {
    if (isTerminal(to)) hints.job(id);
    else if (lease === undefined) hints.lane(lane);
  }
}

/** The lanes of a poll in the order in which they are served, with how many jobs may be taken from each there. */
async function lanesOf({ connection, write, turn }: Polling, request: PollRequest): Promise<readonly Share[]> {
  const { lanes, ids, limit } = request;
  if (lanes !== undefined) return lanes.map((share) => (typeof share === "string" ? { lane: share, limit } : share));
  if (ids !== undefined) return [...new Set(ids.map(laneOf))].map((lane) => ({ lane, limit }));
  const names = (await connection.query(write.sql.laneNames)).map(([lane]) => ({ lane: lane as string, limit }));
  const start = names.length === 0 ? 0 : turn % names.length;
  return [...names.slice(start), ...names.slice(0, start)];
}
