import { freshJob, type InsertOutcome, isCustom, type Job, type NewJob } from "@anyqueue/api";
import { encode, extraOf, placeOf, toJob } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

/** Stores jobs in array order. Finished jobs share the table, so a resend needs no second look (P3, P4). */
export function insert(tx: Transaction, jobs: readonly NewJob[], now: number, allOrNone: boolean): InsertOutcome[] {
  const refused = allOrNone ? refuse(tx, jobs, now) : undefined;
  return refused ?? jobs.map((job) => insertOne(tx, job, now));
}

/** Stores one job, or answers the one that has its id. */
export function insertOne(tx: Transaction, job: NewJob, now: number): InsertOutcome {
  tx.enter(job.lane);
  const { id, lane, type, state, priority, maxAttempts } = job;
  const runAt = job.runAt ?? now + (job.delayMs ?? 0);
  const added = tx.sql.insert.run(
    tx.nextSeq(),
    id,
    lane,
    type,
    state,
    placeOf({ state, runAt }, now),
    priority,
    runAt,
    maxAttempts,
    now,
    now,
    isCustom(state) ? tx.ticks(1) : null,
    job.group ?? null,
    extraOf(job),
    encode(job.progress),
    JSON.stringify(job.payload),
  );
  if (added.changes === 0) {
    const row = tx.sql.find.get(id);
    if (row === undefined) throw new Error(`${id} exists and cannot be read`);
    return { status: "existing", id, by: "id", job: toJob(row) };
  }
  tx.log(lane, { id, at: now, kind: "inserted", to: state });
  tx.hints.lane(lane);
  return { status: "added", id };
}

/** The outcomes when some id is taken already or comes twice, so that none may be stored (P4). Writes nothing. */
function refuse(tx: Transaction, jobs: readonly NewJob[], now: number): InsertOutcome[] | undefined {
  const taken = new Map<string, Job>();
  for (const row of tx.sql.findAll.all(JSON.stringify(jobs.map(({ id }) => id)))) taken.set(row[1], toJob(row));
  let hasDuplicate = false;
  const outcomes = jobs.map((job): InsertOutcome => {
    const existing = taken.get(job.id);
    if (existing === undefined) {
      taken.set(job.id, freshJob(job, now));
      return { status: "skipped" };
    }
    hasDuplicate = true;
    return { status: "existing", id: job.id, by: "id", job: existing };
  });
  return hasDuplicate ? outcomes : undefined;
}
