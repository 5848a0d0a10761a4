import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { type Bucket, type Hint, isRecorded, type Job, type JobEvent, type LaneSettings } from "@anyqueue/api";

/** A job, and what is kept beside it. */
export interface Entry {
  readonly job: Job;
  /** Its place in the order of insertion. */
  readonly seq: number;
  /** Its place in the order of changes. */
  readonly touched: number;
  /** Under an ordering key: it may run before the others of its line (P18). */
  readonly hasTurn: boolean;
}

/** A lane's settings, and what is left of its rate. */
export interface Lane {
  readonly settings: LaneSettings;
  readonly bucket: Bucket | undefined;
}

type Row = Readonly<Record<string, unknown>>;

// A job is a document. Beside it are the columns by which it is looked up, and what no field of the job tells.
const LAYOUT = `
  CREATE TABLE IF NOT EXISTS job (
    id TEXT PRIMARY KEY, lane TEXT, state TEXT, priority INTEGER, run_at INTEGER, seq INTEGER, touched INTEGER,
    has_turn INTEGER, lease_until INTEGER, finished_at INTEGER, ordering_key TEXT, unique_key TEXT, body TEXT
  );
  CREATE INDEX IF NOT EXISTS job_by_priority ON job (lane, state, priority, run_at, seq) WHERE lease_until IS NULL;
  CREATE INDEX IF NOT EXISTS job_by_time ON job (lane, state, run_at) WHERE lease_until IS NULL;
  CREATE INDEX IF NOT EXISTS job_by_lease ON job (lane, lease_until) WHERE lease_until IS NOT NULL;
  CREATE INDEX IF NOT EXISTS job_by_end ON job (lane, finished_at, seq) WHERE finished_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS job_by_line ON job (lane, ordering_key, has_turn, seq) WHERE ordering_key IS NOT NULL;
  CREATE INDEX IF NOT EXISTS job_by_key ON job (lane, unique_key) WHERE unique_key IS NOT NULL;
  CREATE INDEX IF NOT EXISTS job_by_seq ON job (seq);
  CREATE TABLE IF NOT EXISTS dependency (
    parent TEXT, job TEXT, on_parent TEXT, met INTEGER, PRIMARY KEY (parent, job)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS dependency_by_job ON dependency (job, met);
  CREATE TABLE IF NOT EXISTS event (position INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT, kind TEXT, body TEXT);
  CREATE INDEX IF NOT EXISTS event_by_job ON event (job);
  CREATE TABLE IF NOT EXISTS lane (name TEXT PRIMARY KEY, settings TEXT, bucket TEXT);
  CREATE TABLE IF NOT EXISTS counter (value INTEGER);
  INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter);`;

/** Rows of one SQLite file, and the step in which they change. */
export class JobStore {
  readonly #path: string;
  readonly #listeners = new Set<{ readonly wake: (hint: Hint) => void }>();
  /** What this step has to tell when it is committed, each thing once. */
  readonly #hints = new Map<string, Hint>();
  readonly #statements = new Map<string, StatementSync>();
  #db: DatabaseSync | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  open(): void {
    this.#db = new DatabaseSync(this.#path, { timeout: 10_000 });
    this.#db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    this.step(() => this.#database.exec(LAYOUT));
  }

  close(): void {
    this.#listeners.clear();
    this.#statements.clear();
    this.#db?.close();
    this.#db = undefined;
  }

  /** Does all of `work` or, if it throws, nothing of it. Nobody else writes meanwhile. Hints are told once it is committed. */
  step<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const answer = work();
      this.#database.exec("COMMIT");
      for (const hint of this.#hints.values()) this.#tell(hint);
      return answer;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    } finally {
      this.#hints.clear();
    }
  }

  /** Takes back what this step has done so far. */
  undo(): void {
    this.#database.exec("ROLLBACK; BEGIN IMMEDIATE");
    this.#hints.clear();
  }

  /** One counter for tokens and places. It is stored and never set back, so no token is ever used twice. */
  next(): number {
    return Number(this.first("UPDATE counter SET value = value + 1 RETURNING value")?.["value"]);
  }

  find(id: string): Entry | undefined {
    const row = this.first("SELECT * FROM job WHERE id = ?", [id]);
    return row && entryOf(row);
  }

  /** Jobs one by one. Nothing may be written before the last one was taken, or no more are wanted. */
  *jobs(rest: string, values: readonly SQLInputValue[] = []): Generator<Entry> {
    for (const row of this.rows(`SELECT job.* FROM job ${rest}`, values)) yield entryOf(row);
  }

  put({ job, seq, touched, hasTurn }: Entry): void {
    const { id, lane, state, priority, runAt, lease, finishedAt, orderingKey, unique } = job;
    const found = [id, lane, state, priority, runAt, seq, touched, hasTurn ? 1 : 0, lease?.until ?? null];
    const kept = [finishedAt ?? null, orderingKey ?? null, unique?.key ?? null, JSON.stringify(job)];
    this.run("INSERT OR REPLACE INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [...found, ...kept]);
  }

  /** Takes a job out, with its events. */
  drop(id: string): void {
    for (const table of ["event", "dependency"]) this.run(`DELETE FROM ${table} WHERE job = ?`, [id]);
    this.run("DELETE FROM job WHERE id = ?", [id]);
  }

  /** Writes to the log; of insertions and transitions only where the lane asks for them (P22). */
  log(lane: string, event: JobEvent): void {
    if (!isRecorded(event, this.lane(lane).settings)) return;
    this.run("INSERT INTO event (job, kind, body) VALUES (?, ?, ?)", [event.id, event.kind, JSON.stringify(event)]);
  }

  lane(name: string): Lane {
    const { settings, bucket } = this.first("SELECT * FROM lane WHERE name = ?", [name]) ?? {};
    return {
      settings: typeof settings === "string" ? (JSON.parse(settings) as LaneSettings) : {},
      bucket: typeof bucket === "string" ? (JSON.parse(bucket) as Bucket) : undefined,
    };
  }

  putLane(name: string, { settings, bucket }: Lane): void {
    const values = [name, JSON.stringify(settings), bucket ? JSON.stringify(bucket) : null];
    this.run("INSERT OR REPLACE INTO lane VALUES (?, ?, ?)", values);
  }

  laneNames(): string[] {
    return Array.from(this.rows("SELECT name FROM lane"), ({ name }) => String(name));
  }

  listen(wake: (hint: Hint) => void): () => void {
    const listener = { wake };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells those who listen when this step is committed. */
  wake(hint: Hint): void {
    this.#hints.set(JSON.stringify(hint), hint);
  }

  run(sql: string, values: readonly SQLInputValue[] = []): void {
    this.#prepared(sql).run(...values);
  }

  first(sql: string, values: readonly SQLInputValue[] = []): Row | undefined {
    return this.#prepared(sql).get(...values);
  }

  /** Rows one by one, each walk with a statement of its own, since walks can lie within each other. */
  rows(sql: string, values: readonly SQLInputValue[] = []): Iterable<Row> {
    return this.#database.prepare(sql).iterate(...values);
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  get #database(): DatabaseSync {
    if (!this.#db) throw new Error("The store is not open.");
    return this.#db;
  }

  /** Later, so that whoever listens finds the call that told it finished. */
  #tell(hint: Hint): void {
    for (const { wake } of this.#listeners) queueMicrotask(() => wake(hint));
  }
}

function entryOf({ body, seq, touched, has_turn: hasTurn }: Row): Entry {
  return { job: JSON.parse(String(body)) as Job, seq: Number(seq), touched: Number(touched), hasTurn: hasTurn === 1 };
}
