import { freshJob, type InsertOutcome, isCustom, type LaneSettings, type NewJob } from "@anyqueue/api";
import { judge } from "./dependencies.ts";
import { followUp } from "./follow-up.ts";
import { hasToWait, lineOf } from "./lines.ts";
import { encode, extraOf, hasExtra, PLACE, type PlainJob, placeOf, toJob } from "./rows.ts";
import type { Stored, Transaction } from "./transaction.ts";
import { holderOf, takeKey } from "./unique-keys.ts";

/** Stores jobs in array order. Finished jobs share the table, so a resend needs no second look (P3, P4). */
export function insert(tx: Transaction, jobs: readonly NewJob[], now: number, allOrNone: boolean): InsertOutcome[] {
  if (!allOrNone) return store(tx, jobs, now);
  const isAdded = ({ status }: InsertOutcome) => status === "added";
  const { value: outcomes, isUndone } = tx.attempt(
    () => store(tx, jobs, now),
    (all) => all.every(isAdded),
  );
  return isUndone ? outcomes.map((outcome) => (isAdded(outcome) ? { status: "skipped" } : outcome)) : outcomes;
}

/** Stores the jobs that a change spawns. A job that exists counts as done, and capacity is not asked for (P13a). */
export function spawn(tx: Transaction, jobs: readonly NewJob[], now: number): string[] {
  return store(tx, jobs, now, true).map((outcome, i) => ("id" in outcome ? outcome.id : (jobs[i]?.id ?? "")));
}

function store(tx: Transaction, jobs: readonly NewJob[], now: number, isSpawned = false): InsertOutcome[] {
  if (jobs.every((job) => isPlain(tx, job))) return addPlain(tx, jobs, now);
  const blocked: Stored[] = [];
  const outcomes = jobs.map((job) => add(tx, job, now, isSpawned, blocked));
  if (blocked.length === 0) return outcomes;
  judge(tx, blocked, now);
  followUp(tx, now);
  return outcomes.map((outcome) => current(tx, outcome, jobs));
}

/** The job that is there already may be one of this call, of which only now is known how it begins, or that it ended. */
function current(tx: Transaction, outcome: InsertOutcome, jobs: readonly NewJob[]): InsertOutcome {
  if (outcome.status !== "existing") return outcome;
  const row = tx.sql.find.get(outcome.id);
  if (row) return { ...outcome, job: toJob(row) };
  const state = jobs.find(({ id }) => id === outcome.id)?.state ?? outcome.job.state;
  return { ...outcome, job: { ...outcome.job, state } };
}

/** Whether a job asks for nothing that few jobs ask for, so that it can be stored together with others. */
function isPlain(tx: Transaction, job: NewJob): boolean {
  if (job.state !== "waiting" || job.group !== undefined || job.progress !== undefined || hasExtra(job)) return false;
  const { capacity, order, history } = tx.enter(job.lane);
  return capacity == null && order !== "fifo" && history !== "all";
}

/** Stores what most jobs are by as few statements as possible. */
function addPlain(tx: Transaction, jobs: readonly NewJob[], now: number): InsertOutcome[] {
  const first = tx.nextSeq(jobs.length);
  const rows = jobs.map((job, i): PlainJob => {
    const { id, lane, type, priority, runAt = now + (job.delayMs ?? 0), maxAttempts } = job;
    const place = runAt <= now ? PLACE.ready : PLACE.scheduled;
    return [first + i, id, lane, type, place, priority, runAt, maxAttempts, JSON.stringify(job.payload)];
  });
  const added = tx.sql.insertPlain.run([now, now], rows);
  if (added > 0) for (const { lane } of jobs) tx.hints.lane(lane);
  if (added === jobs.length) return jobs.map(({ id }) => ({ status: "added", id }));
  const fresh = new Set(tx.sql.idsFrom.all(first));
  // Of those that come twice the first one is new.
  return jobs.map(({ id }) => (fresh.delete(id) ? { status: "added", id } : (existing(tx, id) ?? corrupt(id))));
}

function add(tx: Transaction, wish: NewJob, now: number, isSpawned: boolean, blocked: Stored[]): InsertOutcome {
  const settings = tx.enter(wish.lane);
  const refusal = refuse(tx, wish, settings, now, isSpawned);
  if (refusal !== undefined) return refusal;

  const key = lineOf(wish, settings);
  const job: NewJob = key === undefined ? wish : { ...wish, orderingKey: key };
  const { id, lane } = job;
  const runAt = job.runAt ?? now + (job.delayMs ?? 0);
  const state = job.dependsOn === undefined ? job.state : "blocked";
  const place = placeOf({ state, runAt }, now);
  const isInLine = key !== undefined && place !== PLACE.blocked;
  // Jobs before it in this call may come into the same line once they are judged; then the turns are given in the end.
  const isEarly = isInLine && blocked.length > 0;
  if (isEarly) tx.lines.moveUp(lane, key);
  const isParked = isEarly || (isInLine && hasToWait(tx, lane, key));
  const seq = tx.nextSeq();
  const added = tx.sql.insert.run(
    seq,
    id,
    lane,
    job.type,
    state,
    isParked ? PLACE.parked : place,
    job.priority,
    runAt,
    job.maxAttempts,
    now,
    now,
    isCustom(state) ? tx.ticks(1) : null,
    job.group ?? null,
    extraOf(job),
    encode(job.progress),
    JSON.stringify(job.payload),
    key ?? null,
  );
  if (added.changes === 0) return existing(tx, id) ?? corrupt(id);
  if (settings.capacity != null) tx.room.change(lane, -1);
  takeKey(tx, job);
  if (state === "blocked") {
    blocked.push({ seq, place, job: { ...freshJob(job, now), state } });
  } else {
    tx.log(lane, { id, at: now, kind: "inserted", to: state });
    tx.hints.lane(lane);
  }
  return { status: "added", id };
}

/** Why a job cannot be stored. Its id is looked at first, and for most jobs the insertion itself does that. */
function refuse(
  tx: Transaction,
  job: NewJob,
  settings: LaneSettings,
  now: number,
  isSpawned: boolean,
): InsertOutcome | undefined {
  const capacity = isSpawned ? null : settings.capacity;
  if (job.unique === undefined && capacity == null) return undefined;
  const same = existing(tx, job.id);
  if (same !== undefined) return same;
  const holder = holderOf(tx, job, now);
  if (holder !== undefined) return { status: "existing", id: holder.id, by: "unique", job: holder };
  return capacity != null && tx.room.isFull(job.lane, capacity) ? { status: "full" } : undefined;
}

function existing(tx: Transaction, id: string): InsertOutcome | undefined {
  const row = tx.sql.find.get(id);
  return row && { status: "existing", id, by: "id", job: toJob(row) };
}

function corrupt(id: string): never {
  throw new Error(`${id} exists and cannot be read`);
}
