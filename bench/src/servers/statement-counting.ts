import type { Client } from "pg";

/** How a server counts the statements of its clients. */
export interface StatementCounting {
  /** A server that was started for this run, whose settings are ours to change. */
  readonly isOurs: boolean;
  /** Null where pg_stat_statements is not loaded. */
  readonly track: string | null;
  /** Where the extension is; null where it is not, or is too old to tell what it forgot. */
  readonly schema: string | null;
}

const ASK = `
  select coalesce(current_setting('anyqueue_bench.is_ours', true) = 'yes', false) as "isOurs",
    current_setting('pg_stat_statements.track', true) as track,
    (select nspname from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
      where extname = 'pg_stat_statements' and string_to_array(extversion, '.')::int[] >= '{1,9}') as schema`;

export async function statementCounting(client: Client): Promise<StatementCounting> {
  const { rows } = await client.query<StatementCounting>(ASK);
  return rows[0] ?? { isOurs: false, track: null, schema: null };
}

/** Why statements cannot be counted; undefined when they can. On a server of the user's nothing is changed for it. */
export function hindranceToCounting({ isOurs, track, schema }: StatementCounting): string | undefined {
  if (track === null) return "the server was started without pg_stat_statements";
  if (isOurs) return undefined;
  if (schema === null) return "the database has no extension pg_stat_statements of version 1.9 or later";
  if (track === "none") return "pg_stat_statements.track is none on the server";
  return undefined;
}
