import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { type Hint, isInLine, isOutdated, type Job, type PollRequest } from "@anyqueue/api";
import type { Beginning, DueRow, EventRow, JobRow, LaneRow, Outdated, Rows } from "@anyqueue/api/step";

type Row = Readonly<Record<string, unknown>>;
type Value = SQLInputValue;

// A job is a document. Beside it is what cannot be told from it, and then that by which it is looked up.
export const LAYOUT = `
  CREATE TABLE IF NOT EXISTS job (
    id TEXT PRIMARY KEY, job TEXT, seq INTEGER, touched INTEGER, turn INTEGER, key TEXT, missing TEXT,
    lane TEXT, state TEXT, priority INTEGER, run_at INTEGER, lease_until INTEGER, finished_at INTEGER, line TEXT
  );
  CREATE INDEX IF NOT EXISTS job_by_priority ON job (lane, state, priority, run_at, seq) WHERE turn AND lease_until IS NULL;
  CREATE INDEX IF NOT EXISTS job_by_time ON job (lane, state, run_at) WHERE turn AND lease_until IS NULL;
  CREATE INDEX IF NOT EXISTS job_by_lease ON job (lane, lease_until) WHERE lease_until IS NOT NULL;
  CREATE INDEX IF NOT EXISTS job_by_end ON job (lane, finished_at, seq);
  CREATE INDEX IF NOT EXISTS job_by_line ON job (line, turn DESC, seq) WHERE line IS NOT NULL;
  CREATE INDEX IF NOT EXISTS job_by_key ON job (key) WHERE key IS NOT NULL;
  CREATE INDEX IF NOT EXISTS job_by_seq ON job (seq);
  CREATE TABLE IF NOT EXISTS dependency (parent TEXT, job TEXT, met INTEGER, PRIMARY KEY (parent, job)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS dependency_by_job ON dependency (job);
  CREATE TABLE IF NOT EXISTS event (position INTEGER PRIMARY KEY, job TEXT, kind TEXT, body TEXT);
  CREATE INDEX IF NOT EXISTS event_by_job ON event (job);
  CREATE TABLE IF NOT EXISTS lane (name TEXT PRIMARY KEY, body TEXT);
  CREATE TABLE IF NOT EXISTS counter (value INTEGER);
  INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter);`;

const AMONG = "IN (SELECT value FROM json_each(?))";
// In the polled state, held by nobody, and with the turn if it is in a line.
const OPEN = "lane = ? AND state = ? AND turn AND lease_until IS NULL";
const MISSING = `SELECT job FROM dependency WHERE NOT met AND parent ${AMONG}`;
const BEHIND = `WITH RECURSIVE behind (id) AS (
  ${MISSING} UNION SELECT job FROM dependency JOIN behind ON parent = behind.id WHERE NOT met
) SELECT id FROM behind`;
// An unfinished job depends on it.
const NEEDED = "SELECT 1 FROM dependency JOIN job ON id = dependency.job WHERE parent = ? AND finished_at IS NULL";
// Who has a turn keeps it; the others get what is free in the order of their insertion.
const GIVE_TURNS = `UPDATE job SET turn = 1 WHERE NOT turn
  AND id IN (SELECT id FROM job WHERE line = ? ORDER BY turn DESC, seq LIMIT ?) RETURNING lane`;

/** Rows of one SQLite file. */
export class SqliteRows implements Rows {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Not written yet: a step often changes a job several times. */
  readonly #saved = new Set<JobRow>();
  /** What the step has to tell when it is committed. */
  readonly hints: Hint[] = [];

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  begin(): Beginning {
    const { value } = this.first("SELECT value FROM counter") ?? {};
    const lanes = Array.from(this.rows("SELECT body FROM lane"), ({ body }) => JSON.parse(String(body)) as LaneRow);
    return { counter: Number(value), lanes };
  }

  save(row: JobRow): void {
    this.#saved.add(row);
  }

  log({ position, id, kind, event }: EventRow): void {
    // Not by `run`: nothing is asked of jobs here.
    this.#prepared("INSERT INTO event VALUES (?, ?, ?, ?)").run(position, id, kind, JSON.stringify(event));
  }

  saveLane(lane: LaneRow): void {
    this.run("INSERT OR REPLACE INTO lane VALUES (?, ?)", lane.lane, JSON.stringify(lane));
  }

  saveCounter(counter: number): void {
    this.run("UPDATE counter SET value = ?", counter);
  }

  tell(hints: readonly Hint[]): void {
    this.hints.push(...hints);
  }

  byId(ids: readonly string[]): JobRow[] {
    return [...this.jobs(`id ${AMONG}`, JSON.stringify(ids))];
  }

  byKey(keys: readonly string[]): JobRow[] {
    return [...this.jobs(`key ${AMONG}`, JSON.stringify(keys))];
  }

  waitingFor(ids: readonly string[]): JobRow[] {
    return [...this.jobs(`id IN (${MISSING})`, JSON.stringify(ids))];
  }

  waitingBehind(ids: readonly string[]): JobRow[] {
    return [...this.jobs(`id IN (${BEHIND})`, JSON.stringify(ids))];
  }

  overdue(lanes: readonly string[], now: number, limit: number): JobRow[] {
    const sql = `lane ${AMONG} AND lease_until <= ? ORDER BY lease_until LIMIT ?`;
    return [...this.jobs(sql, JSON.stringify(lanes), now, limit)];
  }

  open(
    lane: string,
    { from = "waiting", ids, order }: PollRequest,
    now: number,
    limit: number | null,
  ): Iterable<JobRow> {
    const asked = ids ? `AND id ${AMONG}` : "";
    const sql = `${OPEN} AND run_at <= ? ${asked} ORDER BY ${order === "touched" ? "touched" : "priority, run_at, seq"}`;
    return this.jobs(`${sql} LIMIT ?`, lane, from, now, ...(ids ? [JSON.stringify(ids)] : []), limit ?? -1);
  }

  due(lanes: readonly string[], from: string): DueRow[] {
    const leased =
      "SELECT count(*) AS leases, min(lease_until) AS endAt FROM job WHERE lane = ? AND lease_until IS NOT NULL";
    const first = `SELECT run_at AS dueAt FROM job WHERE ${OPEN} ORDER BY run_at LIMIT 1`;
    return lanes.map((lane) => {
      const { leases, endAt } = this.first(leased, lane) ?? {};
      const { dueAt } = this.first(first, lane, from) ?? {};
      return { lane, leases: Number(leases), endAt: timeOf(endAt), dueAt: timeOf(dueAt) };
    });
  }

  unfinished(lane: string): number {
    const sql = "SELECT count(*) AS count FROM job WHERE lane = ? AND finished_at IS NULL";
    return Number(this.first(sql, lane)?.["count"]);
  }

  outdated(query: Outdated, now: number): JobRow[] {
    const { lane = null, limit } = query;
    const ended = "finished_at IS NOT NULL AND (?1 IS NULL OR lane = ?1)";
    let place = Number(this.first(`SELECT count(*) AS count FROM job WHERE ${ended}`, lane)?.["count"]);
    const found: JobRow[] = [];
    for (const row of this.jobs(`${ended} ORDER BY finished_at, seq`, lane)) {
      if (found.length >= limit) break;
      if (isOutdated(row.job, query, place--, now) && !this.first(NEEDED, row.id)) found.push(row);
    }
    return found;
  }

  linesOf(lane: string): string[] {
    const sql = "SELECT DISTINCT line FROM job WHERE lane = ? AND line IS NOT NULL";
    return Array.from(this.rows(sql, lane), ({ line }) => String(line));
  }

  remove(ids: readonly string[]): void {
    const gone = JSON.stringify(ids);
    for (const table of ["event", "dependency"]) this.run(`DELETE FROM ${table} WHERE job ${AMONG}`, gone);
    this.run(`DELETE FROM job WHERE id ${AMONG}`, gone);
  }

  removeSpare(ids: readonly string[]): void {
    this.remove(ids.filter((id) => !this.first(NEEDED, id)));
  }

  freeKeys(keys: readonly string[]): void {
    this.run(`UPDATE job SET key = NULL WHERE key ${AMONG}`, JSON.stringify(keys));
  }

  giveTurns(lines: readonly string[], turns: readonly number[]): string[] {
    return lines.flatMap((line, i) =>
      Array.from(this.rows(GIVE_TURNS, line, turns[i] ?? 1), ({ lane }) => String(lane)),
    );
  }

  /** Jobs one by one. Nothing may be written before the last one was taken, or no more are wanted. */
  *jobs(where: string, ...values: Value[]): Generator<JobRow> {
    for (const row of this.rows(`SELECT * FROM job WHERE ${where}`, ...values)) yield jobRowOf(row);
  }

  /** Writes what was saved. Any query does so first, and the end of a step. */
  write(): void {
    const saved = [...this.#saved];
    this.#saved.clear();
    for (const row of saved) this.#put(row);
  }

  /** Takes back what was not written. */
  drop(): void {
    this.#saved.clear();
    this.hints.length = 0;
  }

  rows(sql: string, ...values: Value[]): Iterable<Row> {
    this.write();
    return this.#prepared(sql).iterate(...values);
  }

  first(sql: string, ...values: Value[]): Row | undefined {
    this.write();
    return this.#prepared(sql).get(...values);
  }

  run(sql: string, ...values: Value[]): void {
    this.write();
    this.#prepared(sql).run(...values);
  }

  #put({ id, job, seq, touched, turn, key, missing }: JobRow): void {
    const { lane, state, priority, runAt, lease, finishedAt = null, orderingKey = null, dependsOn } = job;
    const waits = JSON.stringify(missing);
    const told = [id, JSON.stringify(job), seq, touched, turn ? 1 : 0, key, waits];
    const line = isInLine(job) ? `${lane}:${orderingKey}` : null;
    const found = [lane, state, priority, runAt, lease?.until ?? null, finishedAt, line];
    this.run("INSERT OR REPLACE INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", ...told, ...found);
    if (!dependsOn) return;
    const sql = `INSERT OR REPLACE INTO dependency SELECT value, ?, value NOT ${AMONG} FROM json_each(?)`;
    this.run(sql, id, waits, JSON.stringify(dependsOn));
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function jobRowOf(row: Row): JobRow {
  const { id, job, seq, touched, turn, key, missing } = row;
  return {
    id: String(id),
    job: JSON.parse(String(job)) as Job,
    seq: Number(seq),
    touched: Number(touched),
    turn: turn === 1,
    key: typeof key === "string" ? key : null,
    missing: JSON.parse(String(missing)) as string[],
  };
}

function timeOf(value: unknown): number | null {
  return value == null ? null : Number(value);
}
