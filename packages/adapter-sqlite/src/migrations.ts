import { type MigrationPlan, QueueError } from "@anyqueue/api";
import type { Database } from "better-sqlite3";

/**
 * The steps that lead from an empty file to the newest layout, in order and never changed once released. Every name
 * begins with `anyqueue_`, because the file may be the application's own (P5).
 *
 * `place` says which index a job is found by: 0 ready, 1 scheduled ahead, 2 parked behind its ordering key, 3 blocked by
 * a dependency, 4 leased, 6 finished. A job that is ready sits in `anyqueue_ready`, whose order is exactly the order of a
 * poll; those scheduled ahead sit in `anyqueue_scheduled`, so that a million of them slow no poll (P8), and are promoted
 * when due. Columns that every step touches come before the payload, so that reading them never reads its overflow pages.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE anyqueue_jobs (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    lane TEXT NOT NULL,
    type TEXT NOT NULL,
    state TEXT NOT NULL,
    place INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    token INTEGER NOT NULL,
    version INTEGER NOT NULL,
    inserted_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    lease_until INTEGER,
    holder TEXT,
    lease_from TEXT,
    cancel_requested INTEGER,
    finished_at INTEGER,
    touched INTEGER,     -- custom states only: its place in the order "touched" (P7)
    grp TEXT,
    extra TEXT,          -- what few jobs have: backoff, timeoutMs, orderingKey, unique, dependsOn, onParent
    progress TEXT,
    error TEXT,
    result TEXT,
    payload TEXT NOT NULL
  ) STRICT;
  CREATE INDEX anyqueue_ready ON anyqueue_jobs (lane, state, priority, run_at, seq) WHERE place = 0;
  CREATE INDEX anyqueue_touched ON anyqueue_jobs (lane, state, touched) WHERE place = 0 AND touched IS NOT NULL;
  CREATE INDEX anyqueue_scheduled ON anyqueue_jobs (lane, state, run_at) WHERE place = 1;
  CREATE INDEX anyqueue_leased ON anyqueue_jobs (lane, lease_until, state) WHERE place = 4;
  CREATE INDEX anyqueue_finished ON anyqueue_jobs (lane, state, finished_at) WHERE place = 6;
  CREATE INDEX anyqueue_group ON anyqueue_jobs (grp) WHERE grp IS NOT NULL;

  CREATE TABLE anyqueue_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX anyqueue_log ON anyqueue_events (id, seq);

  CREATE TABLE anyqueue_lanes (lane TEXT PRIMARY KEY, settings TEXT NOT NULL) STRICT, WITHOUT ROWID;

  -- Lease tokens and places in the order "touched" come from one counter that is never set back (P13). Places in the
  -- order of insertion (seq) are never given again either, or a cursor would pass over new jobs; last_seq is raised only
  -- when the highest one is removed, so that inserts need not write it.
  CREATE TABLE anyqueue_counter (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    value INTEGER NOT NULL,
    last_seq INTEGER NOT NULL
  ) STRICT;
  INSERT INTO anyqueue_counter VALUES (1, 0, 0);
  `,
  `
  -- Code of version 1 that still has the file open knows nothing of parked and blocked jobs and of limits. These names
  -- are others now, so that its inserts, polls, changes of state and removals fail instead of breaking what it does not
  -- know. (They are not renamed by ALTER TABLE, which refuses to where the application has a view that is broken.)
  DROP INDEX anyqueue_finished;
  CREATE TABLE anyqueue_scratch AS SELECT lane, settings FROM anyqueue_lanes;
  DROP TABLE anyqueue_lanes;
  CREATE TABLE anyqueue_lanes (
    name TEXT PRIMARY KEY,
    settings TEXT NOT NULL,
    room INTEGER,    -- how many jobs it takes till its capacity is reached (P19), null when that is to be counted
    tokens REAL,     -- what is left of its rate, null when nothing was started yet
    counted_at REAL  -- when that was counted
  ) STRICT, WITHOUT ROWID;
  INSERT INTO anyqueue_lanes (name, settings) SELECT lane, settings FROM anyqueue_scratch;
  DROP TABLE anyqueue_scratch;
  CREATE TABLE anyqueue_scratch AS SELECT value, last_seq FROM anyqueue_counter;
  DROP TABLE anyqueue_counter;
  CREATE TABLE anyqueue_counter (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    last_tick INTEGER NOT NULL,
    last_place INTEGER NOT NULL
  ) STRICT;
  INSERT INTO anyqueue_counter SELECT 1, value, last_seq FROM anyqueue_scratch;
  DROP TABLE anyqueue_scratch;

  ALTER TABLE anyqueue_jobs ADD COLUMN okey TEXT;           -- its ordering key (P18)
  ALTER TABLE anyqueue_jobs ADD COLUMN keep_until INTEGER;  -- finished jobs that say themselves how long they are kept (P26)
  CREATE INDEX anyqueue_kept ON anyqueue_jobs (lane, state, keep_until, finished_at) WHERE place = 6;
  CREATE INDEX anyqueue_held_up ON anyqueue_jobs (lane, place, state, run_at) WHERE place IN (2, 3);

  -- Those of a line that are ready, scheduled or leased have a turn; those parked wait for one, by seq.
  CREATE INDEX anyqueue_lines ON anyqueue_jobs (lane, okey, place, seq) WHERE okey IS NOT NULL AND place < 6;

  -- Who took a unique key last; whether it still holds it follows from the job itself (P17).
  CREATE TABLE anyqueue_unique (
    lane TEXT NOT NULL,
    ukey TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (lane, ukey)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX anyqueue_unique_taker ON anyqueue_unique (id);

  -- What unfinished jobs depend on (P20), first what they still wait for. The rows go when the dependent ends.
  CREATE TABLE anyqueue_dependencies (
    id TEXT NOT NULL,
    satisfied INTEGER NOT NULL,
    on_id TEXT NOT NULL,
    on_parent TEXT NOT NULL,
    PRIMARY KEY (id, satisfied, on_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX anyqueue_dependents ON anyqueue_dependencies (on_id, satisfied, on_parent);
  `,
];

/** The layout that this code writes. */
const SCHEMA_VERSION = MIGRATIONS.length;

/** The oldest layout version whose code can still read and write what this code leaves behind. */
const MIN_READER = 2;

/**
 * Which layout a store has, 0 when it has none. Refuses one that only newer code may open, or that nobody can make sense of
 * (P25). Only reads.
 */
function versionOf(db: Database, path: string): number {
  const known = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'anyqueue_schema'").get();
  if (known === undefined) {
    refuseForeignTables(db, path);
    return 0;
  }
  const schema = db.prepare("SELECT version, min_reader FROM anyqueue_schema").get() as
    | { readonly version: number; readonly min_reader: number }
    | undefined;
  if (schema === undefined) {
    throw new QueueError(
      "CORRUPT",
      `Cannot open ${path}: its table anyqueue_schema is empty, so nobody can tell which layout the file has. ` +
        "It was left untouched; restore it from a backup, or name another file.",
    );
  }
  const { version, min_reader: minReader } = schema;
  if (minReader > SCHEMA_VERSION) {
    throw new QueueError(
      "SCHEMA_NEWER",
      `Cannot open ${path}: its layout is version ${version}, and this code reads up to ${SCHEMA_VERSION}. ` +
        "Update @anyqueue/adapter-sqlite; the file was left as it is.",
    );
  }
  return version;
}

/** Tells whether there is something to migrate. Only reads, and refuses what `versionOf` refuses. */
export function needsMigration(db: Database, path: string): boolean {
  return versionOf(db, path) < SCHEMA_VERSION;
}

/**
 * Brings the store to the newest layout in one transaction. Of several processes that do this at once the first one
 * migrates; the others wait for its lock and then find nothing left to do (P25).
 */
export function migrate(db: Database, path: string): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    const version = versionOf(db, path);
    if (version < SCHEMA_VERSION) db.exec(migration(version));
    db.exec("COMMIT");
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** Tells what `migrate` would do, to a file that may not exist, when the database is undefined. Only reads. */
export function planFor(db: Database | undefined, path: string): MigrationPlan {
  const version = db === undefined ? 0 : versionOf(db, path);
  const from = version === 0 ? null : version;
  if (version >= SCHEMA_VERSION) return { from, to: version, changes: [], sql: "" };
  return {
    from,
    to: SCHEMA_VERSION,
    changes: [version === 0 ? "Creates the tables." : `Brings the tables to version ${SCHEMA_VERSION}.`],
    sql: `PRAGMA journal_mode = WAL;\nBEGIN IMMEDIATE;\n${migration(version)}\nCOMMIT;\n`,
  };
}

/** The SQL that leads from one version to the newest, to be run in one transaction. */
function migration(from: number): string {
  return [
    from === 0 && "CREATE TABLE anyqueue_schema (version INTEGER NOT NULL, min_reader INTEGER NOT NULL) STRICT;",
    ...MIGRATIONS.slice(from),
    from === 0
      ? `INSERT INTO anyqueue_schema VALUES (${SCHEMA_VERSION}, ${MIN_READER});`
      : `UPDATE anyqueue_schema SET version = ${SCHEMA_VERSION}, min_reader = ${MIN_READER};`,
  ]
    .filter((part) => part !== false)
    .join("\n");
}

/** Tables of ours without a version are no store of ours: of another program, or of one that lost a table. */
function refuseForeignTables(db: Database, path: string): void {
  const table = db
    .prepare(
      "SELECT name FROM sqlite_master WHERE name LIKE 'anyqueue!_%' ESCAPE '!' AND name <> 'anyqueue_schema' LIMIT 1",
    )
    .pluck()
    .get() as string | undefined;
  if (table === undefined) return;
  throw new QueueError(
    "CORRUPT",
    `Cannot open ${path}: it has a table ${table}, but none that tells which layout it is of. ` +
      "It was left untouched; restore it from a backup, or name another file.",
  );
}
