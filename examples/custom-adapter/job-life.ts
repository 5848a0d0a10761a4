import {
  advance,
  beginning,
  fateOf,
  FIFO_KEY,
  freshJob,
  hintsOf,
  holdsKey,
  type InsertOutcome,
  isTerminal,
  type Job,
  type JobEvent,
  keepsTurn,
  keptFor,
  movedEvents,
  type NewJob,
  type OnParent,
  QueueError,
} from "@anyqueue/api";
import type { Entry, JobStore } from "./job-store.ts";

/** An end that others may wait for; null is the end of one that is gone. */
interface End {
  readonly id: string;
  readonly state: string | null;
}

const FINISHED = "('completed', 'failed', 'cancelled')";

/** How jobs come in, change and go, and what follows from it for other jobs, all within one step. */
export class JobLife {
  readonly #store: JobStore;
  /** The lines of jobs of one lane and ordering key in which this step has changed something. */
  readonly #lines = new Map<string, { readonly lane: string; readonly key: string }>();

  constructor(store: JobStore) {
    this.#store = store;
  }

  /** Does all of `work` or nothing, and then gives the turns that it has made free. */
  step<T>(work: () => T): T {
    this.#lines.clear();
    return this.#store.step(() => {
      const answer = work();
      this.giveTurns();
      return answer;
    });
  }

  /** Takes back what this step has done so far. */
  undo(): void {
    this.#store.undo();
    this.#lines.clear();
  }

  /** Adds a job, or tells why not. `begin` has to follow, when all jobs of the call are there. */
  add(fresh: NewJob, now: number, isSpawned = false): InsertOutcome {
    const store = this.#store;
    const same = store.find(fresh.id)?.job;
    const existing = same ?? this.holder(fresh, now);
    if (existing) return { status: "existing", id: existing.id, by: same ? "id" : "unique", job: existing };
    const { capacity, order } = store.lane(fresh.lane).settings;
    if (!isSpawned && typeof capacity === "number" && this.#unfinished(fresh.lane) >= capacity) {
      return { status: "full" };
    }
    const job = freshJob(order === "fifo" ? { orderingKey: FIFO_KEY, ...fresh } : fresh, now);
    const { id, lane, dependsOn = [], onParent = "cancel" } = job;
    const seq = store.next();
    store.put({ job, seq, touched: seq, hasTurn: false });
    for (const parent of dependsOn) store.run("INSERT INTO dependency VALUES (?, ?, ?, 0)", [parent, id, onParent]);
    store.run("INSERT OR IGNORE INTO lane VALUES (?, '{}', NULL)", [lane]);
    return { status: "added", id };
  }

  /** Lets added jobs begin, each as the jobs that it depends on allow (P20). */
  begin(ids: readonly string[], now: number): void {
    const added = ids.flatMap((id) => this.#store.find(id) ?? []);
    for (const { job } of added) this.#refuseCircle(job.id, added[0]?.seq ?? 0);
    const ended: Job[] = [];
    for (const entry of added) {
      const { job, waitsFor } = beginning(entry.job, (id) => this.#store.find(id)?.job.state ?? null, now);
      const unmet = new Set(waitsFor);
      for (const id of job.dependsOn ?? []) if (!unmet.has(id)) this.#meet(id, job.id);
      this.#store.put({ ...entry, job });
      this.#store.log(job.lane, { id: job.id, at: now, kind: "inserted", to: job.state });
      this.#tell(null, job);
      if (isTerminal(job.state)) ended.push(job);
    }
    this.#tellDependents(ended, now);
  }

  /** Writes a changed job, and goes on with those that depend on it if it has ended. */
  write(entry: Entry, job: Job, events: readonly JobEvent[], now: number, requeue = false): void {
    this.#put(entry, job, events, requeue);
    if (isTerminal(job.state) && job.state !== entry.job.state) this.#tellDependents([job], now);
  }

  /** Writes a job as a poll leaves it. */
  move(entry: Entry, job: Job, now: number): Job {
    this.write(entry, job, movedEvents(entry.job, job, now), now);
    return job;
  }

  /** Takes jobs out; for those that depend on them it is as if they had never been there. */
  remove(entries: readonly Entry[], now: number): number {
    for (const { job } of entries) this.#drop(job);
    this.#tellDependents(
      entries.map(({ job }) => ({ id: job.id, state: null })),
      now,
    );
    return entries.length;
  }

  /** Who holds the unique key of a job now (P17). */
  holder({ lane, unique }: Pick<NewJob, "lane" | "unique">, now: number): Job | undefined {
    if (!unique) return undefined;
    for (const { job } of this.#store.jobs("WHERE lane = ? AND unique_key = ?", [lane, unique.key])) {
      if (holdsKey(job, now)) return job;
    }
    return undefined;
  }

  /** Whether an unfinished job depends on this one: its result may still be wanted (P20). */
  isNeeded(id: string): boolean {
    const needed = `SELECT 1 FROM dependency JOIN job ON id = job WHERE parent = ? AND state NOT IN ${FINISHED}`;
    return this.#store.first(needed, [id]) !== undefined;
  }

  /** Gives the turns that this step has made free so far. */
  giveTurns(): void {
    for (const { lane, key } of this.#lines.values()) this.#fillLine(lane, key);
    this.#lines.clear();
  }

  /** Looks at every line of a lane at the end of this step, for instance since its `keyConcurrency` was raised. */
  lookAtLines(lane: string): void {
    const sql = "SELECT DISTINCT ordering_key FROM job WHERE lane = ? AND ordering_key IS NOT NULL";
    for (const { ordering_key: key } of this.#store.rows(sql, [lane])) this.#lookAtLine(lane, String(key));
  }

  /** Goes on with those that wait for jobs that ended or are gone, and so on: the list grows while it is walked. */
  #tellDependents(ended: readonly End[], now: number): void {
    const ends = [...ended];
    const waiting = "SELECT job, on_parent FROM dependency WHERE parent = ? AND met = 0";
    for (const { id, state } of ends) {
      for (const { job: other, on_parent: onParent } of Array.from(this.#store.rows(waiting, [id]))) {
        const fate = fateOf(state, onParent as OnParent);
        if (fate === "wait") continue;
        this.#meet(id, String(other));
        if (fate === "go on" && this.#waits(String(other))) continue;
        const entry = this.#store.find(String(other));
        if (!entry) continue;
        const job = advance(entry.job, { to: fate === "cancel" ? "cancelled" : "waiting", now });
        this.#put(entry, job, movedEvents(entry.job, job, now));
        if (fate === "cancel") ends.push(job);
      }
    }
    for (const { id } of ends) this.#dropUnkept(this.#store.find(id)?.job);
  }

  #put(entry: Entry, job: Job, events: readonly JobEvent[], requeue = false): void {
    const touched = this.#store.next();
    const hasTurn = entry.hasTurn && keepsTurn(job, requeue);
    this.#store.put({ job, touched, seq: requeue ? touched : entry.seq, hasTurn });
    if (job.state !== "blocked" && entry.job.state === "blocked") this.#meetAll(job.id);
    for (const event of events) this.#store.log(job.lane, event);
    this.#tell(entry.job, job);
  }

  /** Removes a job that ended and of which nothing is kept, unless somebody still needs it (P26, P20). */
  #dropUnkept(job: Job | undefined): void {
    const keep = job && keptFor(job, this.#store.lane(job.lane).settings.keep);
    if (job && keep === false && !this.isNeeded(job.id)) this.#drop(job);
  }

  #drop(job: Job): void {
    this.#store.drop(job.id);
    this.#tell(job, null);
  }

  /** Gives the free turns of a line to those who are first in it (P18). */
  #fillLine(lane: string, key: string): void {
    const line = `WHERE lane = ? AND ordering_key = ? AND state <> 'blocked' AND state NOT IN ${FINISHED} AND has_turn = `;
    const most = this.#store.lane(lane).settings.keyConcurrency ?? 1;
    const { given } = this.#store.first(`SELECT count(*) AS given FROM job ${line} 1`, [lane, key]) ?? {};
    const free = Math.max(0, most - Number(given));
    for (const entry of Array.from(this.#store.jobs(`${line} 0 ORDER BY seq LIMIT ?`, [lane, key, free]))) {
      this.#store.put({ ...entry, hasTurn: true });
      this.#store.wake({ lane });
    }
  }

  #lookAtLine(lane: string, key: string): void {
    this.#lines.set(`${lane}:${key}`, { lane, key });
  }

  /** Refuses a job that would wait for itself through those stored before (P20). Those of one call `Store` has looked at. */
  #refuseCircle(id: string, first: number): void {
    const awaited = "SELECT 1 FROM dependency JOIN job ON id = job WHERE parent = ? AND met = 0 AND seq < ?";
    if (!this.#store.first(awaited, [id, first])) return;
    const ahead = `WITH RECURSIVE ahead (id) AS (
      SELECT parent FROM dependency WHERE job = ? AND met = 0
      UNION SELECT parent FROM dependency JOIN ahead ON job = ahead.id WHERE met = 0
    ) SELECT id FROM ahead`;
    const ids = Array.from(this.#store.rows(ahead, [id]), (row) => String(row["id"]));
    if (!ids.includes(id)) return;
    throw new QueueError("INVALID", `Cannot insert: jobs wait for each other in a circle: ${ids.join(", ")}.`);
  }

  #meet(parent: string, job: string): void {
    this.#store.run("UPDATE dependency SET met = 1 WHERE parent = ? AND job = ?", [parent, job]);
  }

  #meetAll(job: string): void {
    this.#store.run("UPDATE dependency SET met = 1 WHERE job = ?", [job]);
  }

  #waits(job: string): boolean {
    return this.#store.first("SELECT 1 FROM dependency WHERE job = ? AND met = 0", [job]) !== undefined;
  }

  #unfinished(lane: string): number {
    const sql = `SELECT count(*) AS count FROM job WHERE lane = ? AND state NOT IN ${FINISHED}`;
    return Number(this.#store.first(sql, [lane])?.["count"]);
  }

  /** Notes what follows from a job that was written: hints, and a line to look at. */
  #tell(before: Job | null, after: Job | null): void {
    const { lane = "", orderingKey } = after ?? before ?? {};
    if (orderingKey !== undefined) this.#lookAtLine(lane, orderingKey);
    for (const hint of hintsOf(before, after, this.#store.lane(lane).settings)) this.#store.wake(hint);
  }
}
