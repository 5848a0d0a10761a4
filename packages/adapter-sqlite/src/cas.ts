import { type CasOutcome, type Change, decide, type Decision, isCustom, isTerminal, type Job } from "@anyqueue/api";
import { finish } from "./finish.ts";
import { insertOne } from "./insert.ts";
import { encode, type JobRow, placeOf, toJob } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

/** Applies each change or tells why not (P12). What workers do most, finishing jobs, is one statement for all of them. */
export function cas(tx: Transaction, changes: readonly Change[], now: number): CasOutcome[] {
  const spawned = new Set(changes.flatMap((change) => change.spawn?.map(({ id }) => id) ?? []));
  // A change may look at what another one spawns; then they have to be taken one after the other.
  if (spawned.size > 0 && changes.length > 1 && changes.some(({ id }) => spawned.has(id))) {
    return changes.flatMap((change) => cas(tx, [change], now));
  }
  const finished = finish(tx, changes, now);
  const others = finished.size === 0 ? changes : changes.filter(({ id }) => !finished.has(id));
  const outcomes = decideAll(tx, others, now);
  return changes.map(({ id }): CasOutcome => {
    const version = finished.get(id);
    if (version !== undefined) return { status: "ok", version };
    return outcomes.get(id) ?? { status: "missing" };
  });
}

/** Reads the jobs together, decides about them one by one in JavaScript, and writes what was decided. */
function decideAll(tx: Transaction, changes: readonly Change[], now: number): ReadonlyMap<string, CasOutcome> {
  const outcomes = new Map<string, CasOutcome>();
  if (changes.length === 0) return outcomes;
  const rows = read(tx, changes);
  const writer = new Writer(tx, now);
  for (const change of changes) {
    const row = rows.get(change.id);
    const decision = decide(row === undefined ? null : toJob(row), change, now);
    if (row !== undefined && decision.job !== undefined) writer.add(row, change, decision);
    outcomes.set(change.id, decision.outcome);
  }
  writer.finish();
  return outcomes;
}

/** The payloads stay unread unless an expectation looks at them. */
function read(tx: Transaction, changes: readonly Change[]): ReadonlyMap<string, JobRow> {
  const ids = JSON.stringify(changes.map(({ id }) => id));
  const looksInside = changes.some(({ expect }) => expect.where !== undefined);
  const rows = looksInside ? tx.sql.findAll.all(ids) : tx.sql.findHot.all(ids);
  return new Map(rows.map((row) => [row[1], row]));
}

type Applied = Extract<Decision, { job: Job }>;

/** Writes what was decided: renewals, of which a worker sends many alike, in bulk, everything else at once. */
class Writer {
  readonly #tx: Transaction;
  readonly #now: number;
  readonly #renewed: (readonly [seq: number, until: number])[] = [];
  readonly #discarded: { seq: number; id: string }[] = [];
  readonly #changes: Change[] = [];

  constructor(tx: Transaction, now: number) {
    this.#tx = tx;
    this.#now = now;
  }

  add(row: JobRow, change: Change, { job, events, renewal, requeue }: Applied): void {
    const [seq] = row;
    if (renewal) {
      this.#renewed.push([seq, job.lease?.until ?? 0]);
      return;
    }
    if (change.spawn !== undefined) this.#changes.push(change);
    for (const event of events) this.#tx.log(job.lane, event);
    if (isTerminal(job.state)) {
      this.#tx.hints.job(job.id);
      if (this.#tx.discards(job.lane, job.state)) {
        this.#discarded.push({ seq, id: job.id });
        return;
      }
    } else if (job.lease === undefined) {
      this.#tx.hints.lane(job.lane);
    }
    this.#write(seq, job, change, requeue);
  }

  finish(): void {
    const { sql } = this.#tx;
    if (this.#renewed.length > 0) sql.renew.run(JSON.stringify(this.#renewed));
    this.#tx.remove(this.#discarded);
    for (const change of this.#changes) {
      for (const child of change.spawn ?? []) insertOne(this.#tx, child, this.#now);
    }
  }

  #write(seq: number, job: Job, { set }: Change, requeue: boolean): void {
    const { sql } = this.#tx;
    const { lease } = job;
    sql.write.run(
      job.state,
      placeOf(job, this.#now),
      job.priority,
      job.runAt,
      job.attempt,
      job.version,
      job.updatedAt,
      lease?.until ?? null,
      lease?.holder ?? null,
      lease?.from ?? null,
      job.cancelRequested === true ? 1 : null,
      job.finishedAt ?? null,
      isCustom(job.state) ? this.#tx.ticks(1) : null,
      encode(job.progress),
      encode(job.error),
      encode(job.result),
      seq,
    );
    if (set.payload !== undefined) sql.writePayload.run(JSON.stringify(set.payload), seq);
    if (requeue) sql.requeue.run(this.#tx.nextSeq(), seq);
  }
}
