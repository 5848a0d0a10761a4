import { type MigrationPlan, QueueError } from "@anyqueue/api";
import type { Connection, Session } from "./connection.ts";
import { stateOf } from "./failures.ts";
import { pause } from "./patience.ts";
import { FUNCTIONS, TABLES } from "./sql/index.ts";

/**
 * The steps that lead from nothing to the newest layout, in order and never changed once released. A release that changes
 * functions only has a step without SQL, since after the last one every function is replaced by its newest text.
 */
const STEPS: readonly string[] = [TABLES];

/** The layout that this code writes. */
export const SCHEMA_VERSION = STEPS.length;

/** The oldest layout version whose code can still read and write what this code leaves behind. */
const MIN_READER = 1;

/** A lock that is not had within this time is given up, so that those who wait behind it have their turn. */
const LOCK_TIMEOUT_MS = 3000;

/** How often a migration is begun that others keep from its locks. */
const MOST_TRIES = 10;
const LOCK_NOT_AVAILABLE = "55P03";

/** Not by `to_regclass`, which may remember from before the wait for the lock that a table is not there. */
const TABLES_OF = `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname IN ('schema_info', 'hot_jobs')`;

/** What is to be done to a schema. */
interface Migration {
  readonly from: number;
  /** Each a sentence; empty when there is nothing to do. */
  readonly changes: readonly string[];
  /** To be run in one transaction. */
  readonly sql: string;
}

/**
 * Brings the schema to the newest layout in one transaction. Of several processes that do this at once the first one
 * migrates; the others wait for its lock and then find nothing left to do (P25).
 */
export async function migrate(connection: Connection, schema: string): Promise<void> {
  if ((await migrationOf(connection, schema)).changes.length === 0) return;
  for (let attempt = 1; ; attempt++) {
    try {
      return await connection.transaction(async (session) => {
        await session.query(lock(schema));
        const { changes, sql } = await migrationOf(session, schema);
        if (changes.length > 0) await session.query(sql);
      });
    } catch (error) {
      if (stateOf(error) !== LOCK_NOT_AVAILABLE || attempt === MOST_TRIES) throw error;
    }
    await pause(attempt);
  }
}

/** Tells what `migrate` would do. Only reads. */
export async function planFor(session: Session, schema: string): Promise<MigrationPlan> {
  const { from, changes, sql } = await migrationOf(session, schema);
  return {
    from: from === 0 ? null : from,
    to: Math.max(from, SCHEMA_VERSION),
    changes,
    sql: changes.length === 0 ? "" : `BEGIN;\n${lock(schema)};\n${sql}\nCOMMIT;\n`,
  };
}

async function migrationOf(session: Session, schema: string): Promise<Migration> {
  const from = await versionOf(session, schema);
  if (from >= SCHEMA_VERSION) return { from, changes: [], sql: "" };
  const change =
    from === 0
      ? `Creates the schema ${schema} with its tables and functions.`
      : `Brings the tables and functions of the schema ${schema} to version ${SCHEMA_VERSION}.`;
  return { from, changes: [change], sql: migration(schema, from) };
}

/** Which layout a schema has, 0 when it has none. Refuses one that only newer code may open (P25). */
async function versionOf(session: Session, schema: string): Promise<number> {
  const found = await session.query(TABLES_OF, [schema]);
  const tables = new Set(found.map(([name]) => name));
  if (tables.size === 0) return 0;
  const isKnown = tables.has("schema_info");
  const [info] = isKnown ? await session.query(`SELECT version, min_reader FROM ${schema}.schema_info`) : [];
  if (info === undefined) {
    throw new QueueError(
      "CORRUPT",
      `Cannot open the schema ${schema}: it has tables, but none that tells which layout they are of. It was left ` +
        "untouched; restore it from a backup, or name another schema.",
    );
  }
  const [version, minReader] = info as [number, number];
  if (minReader > SCHEMA_VERSION) {
    throw new QueueError(
      "SCHEMA_NEWER",
      `Cannot open the schema ${schema}: its layout is version ${version}, and this code reads up to ${SCHEMA_VERSION}. ` +
        "Update @anyqueue/adapter-postgres; the schema was left as it is.",
    );
  }
  return version;
}

function lock(schema: string): string {
  return `SELECT pg_advisory_xact_lock(hashtextextended('anyqueue ${schema}', 0))`;
}

/** The SQL that leads from one version to the newest, to be run in one transaction. Nothing in it depends on the session. */
export function migration(schema: string, from: number): string {
  return [
    from === 0 ? createSchema(schema) : assertVersion(schema, from),
    `SET LOCAL search_path = ${schema}, pg_temp;`,
    "SET LOCAL client_min_messages = warning;",
    `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS};`,
    ...STEPS.slice(from),
    FUNCTIONS,
    from === 0
      ? `INSERT INTO schema_info (version, min_reader) VALUES (${SCHEMA_VERSION}, ${MIN_READER});`
      : `UPDATE schema_info SET version = ${SCHEMA_VERSION}, min_reader = ${MIN_READER};`,
  ].join("\n");
}

/** Even with IF NOT EXISTS, to create a schema that exists would take the right to create one. */
function createSchema(schema: string): string {
  return `DO $$ BEGIN IF to_regnamespace('${schema}') IS NULL THEN CREATE SCHEMA ${schema}; END IF; END $$;`;
}

/** For who runs the SQL by hand, and perhaps later. */
function assertVersion(schema: string, version: number): string {
  return `DO $$ BEGIN
  IF (SELECT version FROM ${schema}.schema_info) <> ${version} THEN
    RAISE EXCEPTION 'The schema ${schema} is not of version ${version} any more.';
  END IF;
END $$;`;
}
