import { QueueError } from "@anyqueue/api";
import type { Connection, Session } from "./connection.ts";
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

/** Which layout a schema has; 0 when the schema holds none. */
export async function versionOf(session: Session, schema: string): Promise<number> {
  const [row] = await session.query(
    "SELECT to_regclass($1 || '.schema_info') IS NOT NULL, to_regclass($1 || '.hot_jobs') IS NOT NULL",
    [schema],
  );
  const [isKnown, hasTables] = row as [boolean, boolean];
  if (!isKnown && !hasTables) return 0;
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

/**
 * Brings the schema to the newest layout in one transaction. Of several processes that do this at once the first one
 * migrates; the others wait for its lock and then find nothing left to do (P25).
 */
export async function migrate(connection: Connection, schema: string): Promise<void> {
  if ((await versionOf(connection, schema)) >= SCHEMA_VERSION) return;
  await connection.transaction(async (session) => {
    await session.query("SELECT pg_advisory_xact_lock(hashtextextended('anyqueue ' || $1, 0))", [schema]);
    const version = await versionOf(session, schema);
    if (version < SCHEMA_VERSION) await session.query(migration(schema, version));
  });
}

/** The SQL that leads from one version to the newest, to be run in one transaction. Nothing in it depends on the session. */
export function migration(schema: string, from: number): string {
  return [
    from === 0 && `CREATE SCHEMA IF NOT EXISTS ${schema};`,
    `SET LOCAL search_path = ${schema}, pg_temp;`,
    "SET LOCAL client_min_messages = warning;",
    ...STEPS.slice(from),
    FUNCTIONS,
    from === 0
      ? `INSERT INTO schema_info (version, min_reader) VALUES (${SCHEMA_VERSION}, ${MIN_READER});`
      : `UPDATE schema_info SET version = ${SCHEMA_VERSION}, min_reader = ${MIN_READER};`,
  ]
    .filter((part) => part !== false)
    .join("\n");
}
