import { QueueError } from "@anyqueue/api";
import type { Database } from "better-sqlite3";

/**
 * The steps that lead from an empty file to the newest layout, in order and never changed once released. Every name
 * begins with `anyqueue_`, because the file may be the application's own (P5).
 *
 * `place` says which index a job is found by: 0 ready, 1 scheduled ahead, 4 leased, 6 finished. A job that is ready sits
 * in `anyqueue_ready`, whose order is exactly the order of a poll; those scheduled ahead sit in `anyqueue_scheduled`, so
 * that a million of them slow no poll (P8), and are promoted when due. Columns that every step touches come first; the
 * payload comes last, so that reading the others never reads its overflow pages.
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
];

/** The layout that this code writes. */
const SCHEMA_VERSION = MIGRATIONS.length;

/** The oldest layout version whose code can still read and write what this code leaves behind. */
const MIN_READER = 1;

/**
 * Refuses a store that only newer code may open, and tells whether there is something to migrate (P25). Only reads.
 */
export function needsMigration(db: Database, path: string): boolean {
  const known = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'anyqueue_schema'").get();
  if (known === undefined) {
    refuseForeignTables(db, path);
    return true;
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
  return version < SCHEMA_VERSION;
}

/**
 * Brings the store to the newest layout in one transaction. Of several processes that do this at once the first one
 * migrates; the others wait for its lock and then find nothing left to do (P25).
 */
export function migrate(db: Database, path: string): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    if (needsMigration(db, path)) applyFrom(db);
    db.exec("COMMIT");
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function applyFrom(db: Database): void {
  db.exec("CREATE TABLE IF NOT EXISTS anyqueue_schema (version INTEGER NOT NULL, min_reader INTEGER NOT NULL) STRICT");
  const present = db.prepare("SELECT version FROM anyqueue_schema").pluck().get() as number | undefined;
  for (const step of MIGRATIONS.slice(present ?? 0)) db.exec(step);
  db.exec("DELETE FROM anyqueue_schema");
  db.prepare("INSERT INTO anyqueue_schema VALUES (?, ?)").run(SCHEMA_VERSION, MIN_READER);
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
