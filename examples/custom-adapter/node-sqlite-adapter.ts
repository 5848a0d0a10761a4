import { DatabaseSync } from "node:sqlite";
import type { Adapter, AppendOutcome, At, CasOutcome, Change, EventPage, EventQuery, Found, Hint } from "@anyqueue/api";
import type { InsertOutcome, Job, JobEvent, JobQuery, LaneSettings, LaneStatus, NewEvent, NewJob } from "@anyqueue/api";
import type { Page, PollRequest, PollResult, RemoveQuery } from "@anyqueue/api";
import { byCodePoint, decodeCursor, encodeCursor, isListed, isPlace } from "@anyqueue/api";
import { append, cas, configure, inStep, insert, type JobRow, poll, remove, runSync } from "@anyqueue/api/step";
import type { Step, Work } from "@anyqueue/api/step";
import { LAYOUT, SqliteRows } from "./sqlite-rows.ts";

/** The orders of `list`: the columns to sort by, and a job's place among them. */
const ORDERS = {
  inserted: { columns: "seq", placeOf: ({ seq }: JobRow) => [seq] },
  poll: { columns: "priority, run_at, seq", placeOf: ({ job, seq }: JobRow) => [job.priority, job.runAt, seq] },
  finished: { columns: "finished_at, seq", placeOf: ({ job, seq }: JobRow) => [job.finishedAt ?? 0, seq] },
} as const;

/** Where the store is. */
export interface NodeSqliteOptions {
  /** The file, or `:memory:`. */
  readonly path: string;
}

/** AnyQueue on `node:sqlite`: documents in a file, one step after the other. */
export class NodeSqliteAdapter implements Adapter {
  readonly name = "node-sqlite";
  readonly capabilities = Object.freeze({
    durability: "power-loss",
    scope: "machine",
    atomicity: "store",
    transactions: false,
    push: false,
  } as const);
  readonly #path: string;
  readonly #listeners = new Set<{ readonly wake: (hint: Hint) => void }>();
  #database: DatabaseSync | undefined;
  #rows: SqliteRows | undefined;
  /** How many polls there were, so that those that name no lane begin at another one each time. */
  #round = 0;

  constructor({ path }: NodeSqliteOptions) {
    this.#path = path;
  }

  async open(): Promise<void> {
    const database = new DatabaseSync(this.#path, { timeout: 10_000 });
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE; ${LAYOUT}; COMMIT`);
    this.#database = database;
    this.#rows = new SqliteRows(database);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#database?.close();
    this.#database = undefined;
    this.#rows = undefined;
  }

  async insert(jobs: readonly NewJob[], { now, allOrNone }: At = {}): Promise<InsertOutcome[]> {
    return this.#step(now, (step) => insert(step, jobs, { allOrNone }));
  }

  async poll(request: PollRequest): Promise<PollResult> {
    return this.#step(request.now, (step) => poll(step, request, this.#round++));
  }

  async cas(changes: readonly Change[], { now }: At = {}): Promise<CasOutcome[]> {
    return this.#step(now, (step) => cas(step, changes));
  }

  async get(ids: readonly string[]): Promise<Found[]> {
    const found = new Map(this.#opened.byId(ids).map(({ id, job }) => [id, job]));
    return ids.map((id) => found.get(id) ?? null);
  }

  async list(query: JobQuery): Promise<Page<Job>> {
    const { order = "inserted", limit, after, now = Date.now() } = query;
    const { columns, placeOf } = ORDERS[order];
    const zero = columns.split(",").map(() => -1);
    const place = after === undefined ? zero : decodeCursor(`list/${order}`, after, isPlace(zero.length));
    const items: Job[] = [];
    let last: JobRow | undefined;
    const where = `(${columns}) > (${place.map(() => "?").join()}) ORDER BY ${columns}`;
    for (const row of this.#opened.jobs(where, ...place)) {
      if (!isListed(row.job, query, now)) continue;
      if (last && items.length === limit) return { items, after: encodeCursor(`list/${order}`, placeOf(last)) };
      items.push(row.job);
      last = row;
    }
    return { items };
  }

  async remove(query: RemoveQuery): Promise<number> {
    return this.#step(query.now, (step) => remove(step, query));
  }

  async append(events: readonly NewEvent[], { now }: At = {}): Promise<AppendOutcome[]> {
    return this.#step(now, (step) => append(step, events));
  }

  async events({ id, after, kinds, limit }: EventQuery): Promise<EventPage> {
    const [place = 0] = after === undefined ? [] : decodeCursor("events", after, isPlace(1));
    const fits = "(?1 IS NULL OR job = ?1) AND (?2 IS NULL OR kind IN (SELECT value FROM json_each(?2)))";
    const sql = `SELECT * FROM event WHERE ${fits} AND position > ?3 ORDER BY position LIMIT ?4`;
    const rows = [...this.#opened.rows(sql, id ?? null, kinds ? JSON.stringify(kinds) : null, place, limit)];
    const cursors = rows.map(({ position }) => encodeCursor("events", [Number(position)]));
    const items = rows.map(({ body }) => JSON.parse(String(body)) as JobEvent);
    return { items, cursors, after: cursors.at(-1) ?? encodeCursor("events", [place]) };
  }

  async lanes({ now = Date.now() }: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    const isFree = "lease_until IS NULL";
    const shownAs = `CASE WHEN state = 'waiting' AND run_at > ? AND ${isFree} THEN 'delayed' ELSE state END AS shown`;
    const first = `min(CASE WHEN ${isFree} THEN run_at END) AS first`;
    const sql = `SELECT ${shownAs}, count(*) AS count, ${first} FROM job WHERE lane = ? GROUP BY 1`;
    const lanes = this.#opened.begin().lanes.toSorted((a, b) => byCodePoint(a.lane, b.lane));
    return lanes.map(({ lane, settings }) => {
      const rows = [...this.#opened.rows(sql, now, lane)];
      const counts = Object.fromEntries(rows.map(({ shown: state, count }) => [String(state), Number(count)]));
      const due = rows.find(({ shown: state }) => state === "waiting")?.["first"] ?? null;
      return { lane, settings, counts, atLeast: [], oldestDueAt: due === null ? null : Number(due) };
    });
  }

  async configure(lane: string, settings: LaneSettings): Promise<void> {
    this.#step(undefined, (step) => configure(step, lane, settings));
  }

  async subscribe(wake: (hint: Hint) => void): Promise<() => void> {
    const listener = { wake };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Does all of a verb or, if it throws, nothing of it. Nobody else writes meanwhile, in whichever process. */
  #step<T>(now: number | undefined, verb: (step: Step) => Work<T>): T {
    const rows = this.#opened;
    this.#database?.exec("BEGIN IMMEDIATE");
    try {
      const answer = runSync(inStep(rows, now ?? Date.now(), verb));
      rows.write();
      this.#database?.exec("COMMIT");
      for (const hint of rows.hints) this.#tell(hint);
      return answer;
    } catch (error) {
      this.#database?.exec("ROLLBACK");
      throw error;
    } finally {
      rows.drop();
    }
  }

  get #opened(): SqliteRows {
    if (!this.#rows) throw new Error("The store is not open.");
    return this.#rows;
  }

  /** Later, so that whoever listens finds the call that told it finished. */
  #tell(hint: Hint): void {
    for (const { wake } of this.#listeners) queueMicrotask(() => wake(hint));
  }
}
