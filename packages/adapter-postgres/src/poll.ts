import { encodeCursor, isTerminal, type Job, laneOf, type PollRequest, type PollResult } from "@anyqueue/api";
import { type Candidates, choose, kindOf, placesOf, type Share } from "./choose.ts";
import { type ClaimedJobs, jobsOf } from "./claimed.ts";
import type { Connection } from "./connection.ts";
import type { ClaimedPlaces, Look, Marks } from "./marks.ts";
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

/** What `poll_jobs` found. */
interface Polled {
  readonly jobs: readonly Job[];
  readonly takenOver: readonly Job[];
  readonly nextDueAt: number | null;
  readonly now: number;
  /** Where a poll by type stopped. */
  readonly cut: string | null;
}

async function claim(polling: Polling, request: PollRequest, most: number): Promise<Polled> {
  const { pairing, write, marks, turn } = polling;
  const { lanes, limit, types, from = "waiting", to = "active", lease, expired = 0, now } = request;
  const isClaiming = most > 0;
  const names = lanes?.map((share) => (typeof share === "string" ? share : share.lane));
  const ticket =
    from === "waiting" ? (isClaiming ? marks.ticket(names, types) : marks.ticketForLeases(names, types)) : undefined;
  const filter = types === undefined || !isClaiming ? undefined : compileTypes(types);
  const resumed = isClaiming ? placesOf(request) : undefined;
  const rows = await pairing.poll([
    names ?? null,
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
  const told = rows.map(([kind, answer]) => ({ kind, answer: JSON.parse(answer as string) as unknown }));
  const of = (kind: number): unknown[] => told.flatMap((row) => (row.kind === kind ? [row.answer] : []));
  const [nextDueAt, at, pages, cut, ms, held, through, came] = of(END)[0] as End;
  const jobs = told.flatMap(({ kind, answer }) => {
    if (kind === CLAIMED) return jobsOf(answer as ClaimedJobs, { from, to, holder: lease?.holder ?? "" });
    return kind === ALONE ? [toJob(answer as JobRow)] : [];
  });
  const found = told.flatMap(({ kind, answer }): ClaimedPlaces[] => {
    if (kind === CLAIMED) return [answer as ClaimedJobs];
    if (kind !== ALONE) return [];
    const [seq, , lane, , , priority, runAt] = answer as JobRow;
    return [{ lane, priority: [priority], runAt: [runAt], seq: [seq] }];
  });
  const look = {
    at,
    pages,
    ms,
    held,
    through: through ?? [],
    cut: JSON.parse(cut ?? "[]") as Look["cut"],
    came: came ?? [],
    isFull: jobs.length >= most,
  };
  const isOverdue = ticket !== undefined && marks.learn(ticket, found, look);
  const takenOver = (of(TAKEN_OVER) as JobRow[]).map(toJob);
  return { jobs, takenOver, nextDueAt: isOverdue ? at : nextDueAt, now: at, cut };
}

/** What the last row holds. */
type End = readonly [
  nextDueAt: number | null,
  clock: number,
  pages: number,
  cut: string | null,
  ms: number,
  held: number | null,
  through: readonly string[] | null,
  came: readonly string[] | null,
];

/** The kinds of rows. */
const CLAIMED = 0;
const TAKEN_OVER = 1;
const END = 2;
/** A job that was claimed, where those of one claim are few, or large together. */
const ALONE = 4;

function read(polled: Polled, request: PollRequest, chosen?: Candidates): PollResult {
  const { jobs, takenOver: expired, nextDueAt, now, cut } = polled;
  if (chosen === undefined) {
    const after = cut === null ? undefined : encodeCursor(kindOf(request), JSON.parse(cut) as never);
    return { jobs, expired, nextDueAt, now, ...(after !== undefined && { after }) };
  }
  const { rows: taken, mayBeMore, after } = chosen;
  const isFull = request.limit > 0 && taken.length >= request.limit;
  return {
    jobs: taken.map(toJob),
    expired,
    nextDueAt: isFull || mayBeMore || after !== undefined ? now : nextDueAt,
    now,
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
