import { QueueError } from "@anyqueue/api";
import type { Session } from "./connection.ts";

/** How a schema is laid out. */
export interface Layout {
  /** 0 when there is nothing yet. */
  readonly version: number;
  /** The oldest version whose code may open it. */
  readonly minReader: number;
  /** In how many tables unfinished jobs are: one plain one, or partitions. */
  readonly parts: number;
}

const NONE: Layout = { version: 0, minReader: 0, parts: 1 };

/**
 * Of the catalogs, in one look, so that a schema that somebody makes meanwhile is seen whole or not at all. Not by
 * `to_regclass`, which may remember from before the wait for the lock that a table is not there.
 */
const LOOK = `WITH own AS (SELECT c.oid, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname IN ('schema_info', 'hot_jobs', 'places'))
  SELECT EXISTS (SELECT FROM own JOIN pg_attribute a ON a.attrelid = own.oid
      WHERE own.relname = 'schema_info' AND a.attname = 'min_reader'),
    (SELECT count(*) = 2 FROM own WHERE own.relname <> 'schema_info'),
    (SELECT CASE relkind WHEN 'p' THEN (SELECT count(*) FROM pg_inherits WHERE inhparent = own.oid) ELSE 1 END
      FROM own WHERE relname = 'hot_jobs'),
    (${thingIn("$1")}),
    EXISTS (SELECT FROM pg_get_keywords() WHERE word = $1 AND catcode IN ('R', 'T'))`;

/** Whether a table tells the version, whether others of ours are there, and so on. */
type Look = readonly [boolean, boolean, number | null, string | null, boolean];

/** How a schema is laid out. @throws QueueError `INVALID` for one that is not AnyQueue's own, `CORRUPT` for one in pieces. */
export async function layoutOf(session: Session, schema: string): Promise<Layout> {
  const [found] = (await session.query(LOOK, [schema])) as readonly unknown[] as readonly [Look];
  const [isTold, isOurs, parts, thing, isReserved] = found;
  if (isReserved) {
    throw new QueueError("INVALID", `\`schema\` cannot be "${schema}", a word of SQL itself. Name another one.`);
  }
  if (thing === null) return NONE;
  if (!isTold && !isOurs) {
    throw new QueueError(
      "INVALID",
      `The schema ${schema} holds other things, such as the ${thing}. Name a schema for AnyQueue alone; it is created if ` +
        "it does not exist.",
    );
  }
  const [info] = isTold ? await session.query(`SELECT version, min_reader FROM ${schema}.schema_info`) : [];
  if (info === undefined) {
    throw new QueueError(
      "CORRUPT",
      `Cannot open the schema ${schema}: it has tables, but none that tells which layout they are of. It was left ` +
        "untouched; restore it from a backup, or name another schema.",
    );
  }
  const [version, minReader] = info as [number, number];
  return { version, minReader, parts: parts ?? 1 };
}

/** A query for one of the things that a schema holds, tables first, such as `table orders`; no row if it is empty. */
export function thingIn(schema: string): string {
  return `SELECT t.thing FROM pg_namespace n CROSS JOIN LATERAL (
      SELECT CASE WHEN c.relkind IN ('r', 'p') THEN 1 ELSE 2 END AS rank, CASE c.relkind WHEN 'v' THEN 'view '
        WHEN 'm' THEN 'materialized view ' WHEN 'f' THEN 'foreign table ' WHEN 'S' THEN 'sequence ' WHEN 'c' THEN 'type '
        ELSE 'table ' END || c.relname AS thing
      FROM pg_class c WHERE c.relnamespace = n.oid
      UNION ALL SELECT 3, 'function ' || p.proname FROM pg_proc p WHERE p.pronamespace = n.oid
      UNION ALL SELECT 4, 'type ' || y.typname FROM pg_type y WHERE y.typnamespace = n.oid AND y.typcategory <> 'A') t
    WHERE n.nspname = ${schema} ORDER BY t.rank, t.thing LIMIT 1`;
}
