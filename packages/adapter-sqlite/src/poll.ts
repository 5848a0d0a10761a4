import {
  advance,
  type Advance,
  isCustom,
  isTerminal,
  type Job,
  movedEvent,
  type PollRequest,
  type PollResult,
  takeOver,
} from "@anyqueue/api";
import { isDropped, keepUntilOf, noteEnd } from "./change.ts";
import { type Candidates, choose, hasReady, type Share, sharesOf } from "./choose.ts";
import { followUp } from "./follow-up.ts";
import { hasLimit, Limits } from "./limits.ts";
import { nextDueAt } from "./next-due.ts";
import { type JobRow, type LeasedJob, PLACE, toJob } from "./rows.ts";
import type { Statements } from "./statements.ts";
import type { Stored, Transaction } from "./transaction.ts";

/** How many scheduled jobs that have come due one poll makes ready, at least (P8). */
const PROMOTION_BOUND = 5000;

/** Answers a poll that finds nothing, only by reading; undefined when there is something to take or to promote. */
export function pollIdle(sql: Statements, request: PollRequest, now: number, turn: number): PollResult | undefined {
  const shares = sharesOf(sql, request, turn);
  const limits = new Limits(sql, now);
  const from = request.from ?? "waiting";
  const lanes = [...new Set(shares.map(({ lane }) => lane))];
  if ((request.expired ?? 0) > 0 && lanes.some((lane) => sql.ended.get(lane, now, 1) !== undefined)) return undefined;
  if (request.limit > 0) {
    if (shares.some((share) => isOpen(share, limits) && sql.isDue.get(share.lane, from, now) !== undefined))
      return undefined;
  }
  const candidates = choose(sql, { ...request, limit: Math.min(request.limit, 1) }, shares, limits, now);
  if (candidates.rows.length > 0) return undefined;
  return answer(sql, { request, shares, limits, now }, [], [], candidates);
}

/** Chooses, orders, advances and leases due jobs, and takes over those whose lease has ended (P6–P11, P15). */
export function poll(tx: Transaction, request: PollRequest, now: number, turn: number): PollResult {
  const { sql } = tx;
  const from = request.from ?? "waiting";
  const shares = sharesOf(sql, request, turn);
  const expired = rescue(tx, request, [...new Set(shares.map(({ lane }) => lane))], now);
  const limits = new Limits(sql, now);
  for (const share of shares) {
    const { lane } = share;
    const limit = Math.max(PROMOTION_BOUND, request.limit);
    if (isOpen(share, limits) && sql.isDue.get(lane, from, now) !== undefined) sql.promote.run(lane, from, now, limit);
  }
  const candidates = choose(sql, request, shares, limits, now);
  const jobs = candidates.rows.length === 0 ? [] : take(tx, candidates.rows, request, now);
  count(shares, limits, request, jobs);
  // Without a lease no slot is used up, and who waited for a job that this poll ended may be ready now.
  const goesOn = jobs.length > 0 && request.lease === undefined && hasReady(sql, from, shares, limits, now);
  const mayBeMore = candidates.mayBeMore || goesOn;
  return answer(sql, { request, shares, limits, now }, jobs, expired, { ...candidates, mayBeMore });
}

interface Asked {
  readonly request: PollRequest;
  readonly shares: readonly Share[];
  readonly limits: Limits;
  readonly now: number;
}

/** Whether something may be taken from a lane. */
function isOpen({ lane, settings }: Share, limits: Limits): boolean {
  return settings.paused !== true && limits.left(lane, settings) > 0;
}

/** Counts what was taken from lanes with limits. */
function count(shares: readonly Share[], limits: Limits, { lease }: PollRequest, jobs: readonly Job[]): void {
  const limited = new Map(
    shares.filter(({ settings }) => hasLimit(settings)).map(({ lane, settings }) => [lane, settings]),
  );
  for (const [lane, settings] of limited) {
    const taken = jobs.filter((job) => job.lane === lane).length;
    if (taken > 0) limits.take(lane, settings, taken, lease === undefined ? 0 : taken);
  }
}

function answer(
  sql: Statements,
  asked: Asked,
  jobs: readonly Job[],
  expired: readonly Job[],
  { mayBeMore, after }: Candidates,
): PollResult {
  const { request, shares, limits, now } = asked;
  const isFull = request.limit > 0 && jobs.length >= request.limit && shares.some((share) => isOpen(share, limits));
  const due =
    isFull || mayBeMore || after !== undefined ? now : nextDueAt(sql, shares, request.from ?? "waiting", limits, now);
  return { jobs, expired, nextDueAt: due, now, ...(after !== undefined && { after }) };
}

function take(tx: Transaction, rows: readonly JobRow[], request: PollRequest, now: number): Job[] {
  const { lease } = request;
  const to = request.to ?? "active";
  const from = request.from ?? "waiting";
  const touch = isCustom(to);
  const first = lease !== undefined || touch ? tx.ticks(rows.length) : 0;

  const stored = rows.map((row, i): Stored & { before: Job } => {
    const before = toJob(row);
    const step: Advance = { to, now, ...(lease && { lease: { token: first + i, ...lease } }) };
    return { seq: row[0], place: row[25], before, job: advance(before, step) };
  });
  if (lease) {
    const leases = stored.map(({ seq, job }): LeasedJob => [job.token, touch ? job.token : null, seq]);
    tx.sql.lease.run([to, now, now + lease.ms, lease.holder, from], leases);
  } else {
    const ends = isTerminal(to);
    tx.sql.advance.run(
      to,
      ends ? PLACE.finished : PLACE.ready,
      touch ? first : null,
      now,
      ends ? now : null,
      ends ? 1 : 0,
      JSON.stringify(stored.map(({ seq }) => seq)),
    );
  }

  for (const { seq, place, before, job } of stored) {
    if (before.state !== job.state) tx.log(job.lane, movedEvent(before, job, now));
    if (isTerminal(to)) end(tx, seq, place, job);
    else if (job.lease === undefined) tx.hints.lane(job.lane);
  }
  followUp(tx, now);
  return stored.map(({ job }) => job);
}

/** Sees to a job that was written as finished. */
function end(tx: Transaction, seq: number, place: number, job: Job): void {
  tx.hints.job(job.id);
  noteEnd(tx, job, place);
  const until = keepUntilOf(job);
  if (until !== null) tx.sql.keepUntil.run(until, seq);
  if (isDropped(tx, job)) tx.dropped.push({ seq, id: job.id, keep: () => undefined });
}

/** Takes over jobs whose lease has ended, those first whose lease ended first, in paused lanes too (P15). */
function rescue(tx: Transaction, { expired = 0, lease }: PollRequest, lanes: readonly string[], now: number): Job[] {
  if (expired === 0 || lease === undefined) return [];
  const rows = lanes
    .flatMap((lane) => tx.sql.ended.all(lane, now, expired))
    .toSorted((a, b) => (a[13] ?? 0) - (b[13] ?? 0) || a[0] - b[0])
    .slice(0, expired);
  if (rows.length === 0) return [];
  const first = tx.ticks(rows.length);
  tx.sql.takeOver.run(first, first, now, now + lease.ms, lease.holder, JSON.stringify(rows.map(([seq]) => seq)));
  return rows.map((row, i) => takeOver(toJob(row), { token: first + i, ...lease }, now));
}
