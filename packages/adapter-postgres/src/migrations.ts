import { type MigrationPlan, QueueError } from "@anyqueue/api";
import type { Connection, Session } from "./connection.ts";
import { stateOf } from "./failures.ts";
import { type Layout, layoutOf, thingIn } from "./layout.ts";
import type { Settings } from "./options.ts";
import { pause } from "./patience.ts";
import { FUNCTIONS, repartition, SHAPING, TABLES } from "./sql/index.ts";

/**
 * The steps that lead from nothing to the newest layout, in order and never changed once released. A release that changes
 * functions only has a step without SQL, since after the last one every function is replaced by its newest text.
 */
const STEPS: readonly string[] = [TABLES, SHAPING];

/** The layout that this code writes. */
export const SCHEMA_VERSION = STEPS.length;

/** The oldest layout version whose code can still read and write what this code leaves behind: 1 would not heed limits. */
const MIN_READER = 2;

/** A lock that is not had within this time is given up, so that those who wait behind it have their turn. */
const LOCK_TIMEOUT_MS = 3000;

/** How often a migration is begun that others keep from its locks. */
const MOST_TRIES = 10;
const LOCK_NOT_AVAILABLE = "55P03";

/** Whatever the user's default: who waited for the lock has to see what was done under it. */
const ISOLATION = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE";

/** What is to be done to a schema. */
interface Migration {
  readonly present: Layout;
  readonly next: Omit<Layout, "minReader">;
  /** Each a sentence; empty when there is nothing to do. */
  readonly changes: readonly string[];
  /** To be run in one transaction. */
  readonly sql: string;
}

/** The schema, and what its owner wishes of its layout. */
type Wish = Pick<Settings, "schema" | "partitions">;

/**
 * Brings the schema to the newest layout in one transaction. Of several processes that do this at once the first one
 * migrates; the others wait for its lock and then find nothing left to do (P25).
 */
export async function migrate(connection: Connection, wish: Wish): Promise<void> {
  if ((await migrationOf(connection, wish)).changes.length === 0) return;
  for (let attempt = 1; ; attempt++) {
    try {
      return await connection.transaction(async (session) => {
        await session.query(lock(wish.schema));
        const migration = await migrationOf(session, wish);
        refuseToRepartition(migration, wish);
        if (migration.changes.length > 0) await session.query(migration.sql);
      });
    } catch (error) {
      if (stateOf(error) !== LOCK_NOT_AVAILABLE || attempt === MOST_TRIES) throw error;
    }
    await pause(attempt);
  }
}

/** Tells what `migrate` would do, and how to do what it refuses to. Only reads. */
export async function planFor(session: Session, wish: Wish): Promise<MigrationPlan> {
  const { present, next, changes, sql } = await migrationOf(session, wish);
  return {
    from: present.version === 0 ? null : present.version,
    to: next.version,
    changes,
    sql: changes.length === 0 ? "" : `BEGIN;\n${ISOLATION};\n${lock(wish.schema)};\n${sql}\nCOMMIT;\n`,
  };
}

async function migrationOf(session: Session, { schema, partitions }: Wish): Promise<Migration> {
  const present = await layoutOf(session, schema);
  if (present.minReader > SCHEMA_VERSION) throw newer(schema, present.version);
  const next = {
    version: Math.max(present.version, SCHEMA_VERSION),
    parts: partitions?.count ?? present.parts,
  };
  const changes: string[] = [];
  if (present.version === 0) changes.push(`Creates the schema ${schema} with its tables and functions.`);
  else if (present.version < next.version) {
    changes.push(`Brings the tables and functions of the schema ${schema} to version ${next.version}.`);
  }
  if (present.parts !== next.parts) {
    if (present.version > SCHEMA_VERSION) throw newer(schema, present.version);
    changes.push(`Moves unfinished jobs into ${next.parts === 1 ? "one table" : `${next.parts} partitions by lane`}.`);
  }
  const parts = present.parts === next.parts ? undefined : { from: present.parts, to: next.parts };
  return { present, next, changes, sql: changes.length === 0 ? "" : migration(schema, present.version, parts) };
}

function newer(schema: string, version: number): QueueError {
  return new QueueError(
    "SCHEMA_NEWER",
    `Cannot open the schema ${schema}: its layout is version ${version}, and this code reads up to ${SCHEMA_VERSION}. ` +
      "Update @anyqueue/adapter-postgres; the schema was left as it is.",
  );
}

/**
 * Partitions are made when asked for. To change their number is left to who decides on it once: processes with different
 * options would move all jobs to and fro.
 */
function refuseToRepartition({ present, next }: Migration, { schema }: Wish): void {
  if (present.parts === 1 || present.parts === next.parts) return;
  throw new QueueError(
    "INVALID",
    `The schema ${schema} keeps unfinished jobs in ${present.parts} partitions, and \`partitions\` asks for ${next.parts}. ` +
      `Ask for ${present.parts}, or for none in particular. To change their number, run what anyqueue migrate --dry-run ` +
      "prints for this option.",
  );
}

function lock(schema: string): string {
  return `SELECT pg_advisory_xact_lock(hashtextextended('anyqueue ${schema}', 0))`;
}

/** From how many tables to how many. */
interface Parts {
  readonly from: number;
  readonly to: number;
}

/**
 * The SQL that leads from one version to the newest, and unfinished jobs into so many parts if that is said. To be run in
 * one transaction; nothing in it depends on the session. It fails at once where the schema is not as it was thought to be.
 */
export function migration(schema: string, from: number, parts?: Parts): string {
  const moves = parts === undefined ? undefined : repartition(parts.to);
  return [
    from === 0 ? createSchema(schema) : assertVersion(schema, from),
    from > 0 && parts !== undefined ? assertParts(schema, parts.from) : undefined,
    `SET LOCAL search_path = ${schema}, pg_temp;`,
    "SET LOCAL client_min_messages = warning;",
    `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS};`,
    ...STEPS.slice(from),
    moves?.begin,
    FUNCTIONS,
    moves?.end,
    from === 0
      ? `INSERT INTO schema_info (version, min_reader) VALUES (${SCHEMA_VERSION}, ${MIN_READER});`
      : `UPDATE schema_info SET version = ${SCHEMA_VERSION}, min_reader = ${MIN_READER};`,
  ]
    .filter((part) => part !== undefined)
    .join("\n");
}

/** Even with IF NOT EXISTS, to create a schema that exists would take the right to create one. */
function createSchema(schema: string): string {
  return `DO $$ DECLARE
  other text := (${thingIn(`'${schema}'`)});
BEGIN
  IF other IS NOT NULL THEN
    RAISE EXCEPTION 'The schema ${schema} is not empty any more: it has the %.', other;
  END IF;
  IF to_regnamespace('${schema}') IS NULL THEN CREATE SCHEMA ${schema}; END IF;
END $$;`;
}

/** For who runs the SQL by hand, and perhaps later. */
function assertVersion(schema: string, version: number): string {
  return `DO $$ BEGIN
  IF (SELECT version FROM ${schema}.schema_info) <> ${version} THEN
    RAISE EXCEPTION 'The schema ${schema} is not of version ${version} any more.';
  END IF;
END $$;`;
}

/** The same for the number of partitions. */
function assertParts(schema: string, parts: number): string {
  return `DO $$ BEGIN
  IF (SELECT count(*) FROM pg_inherits WHERE inhparent = '${schema}.hot_jobs'::regclass) <> ${parts === 1 ? 0 : parts} THEN
    RAISE EXCEPTION 'The unfinished jobs of the schema ${schema} are not in ${parts === 1 ? "one table" : `${parts} partitions`} any more.';
  END IF;
END $$;`;
}
