import { QueueError } from "@anyqueue/api";
import { explain, type Place } from "./failures.ts";

/**
 * An open transaction of the caller's (P5): a `Client` or `PoolClient` of `pg` after `BEGIN`, or a few words around what a
 * query builder calls its transaction.
 *
 * ```ts
 * // Kysely, inside db.transaction().execute(async (trx) => …)
 * const tx = { query: (text, values) => trx.executeQuery(CompiledQuery.raw(text, [...values])) };
 *
 * // Drizzle, inside db.transaction(async (trx) => …)
 * const tx = { query: (text, values) => trx.execute(sql.join(
 *   text.split(/\$(\d+)/).map((part, n) => (n % 2 === 0 ? sql.raw(part) : sql.param(values[Number(part) - 1]))),
 * )) };
 * ```
 */
export interface PostgresTransaction {
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
  /** A pool has it, and is no transaction: each of its statements may go to another connection. */
  readonly totalCount?: never;
}

/**
 * Sends a statement whose result is one row with one column `answer`, text that holds JSON, and reads it. Only this form
 * comes the same through every driver, whatever it makes of rows and types.
 *
 * @throws QueueError `INVALID` for what is no transaction, or none that is open, as far as the client can tell.
 */
export async function queryAnswer(
  tx: PostgresTransaction,
  place: Place,
  text: string,
  values: readonly unknown[],
): Promise<unknown> {
  assertOpen(tx);
  try {
    const { rows } = await tx.query(text, [...values]);
    return readAnswer(rows[0]);
  } catch (error) {
    throw explain(error, place);
  }
}

/** A client of `pg` knows the server's word on it; a query builder hands out its transactions only while they are open. */
function assertOpen(tx: PostgresTransaction): void {
  if ("totalCount" in tx) {
    throw new QueueError(
      "INVALID",
      "The `tx` given is a pool, which is no transaction. Take one client, with await pool.connect(), and begin one there.",
    );
  }
  if (typeof (tx as Partial<PostgresTransaction>).query !== "function") {
    throw new QueueError(
      "INVALID",
      "The `tx` given has no `query`. Give a client of pg, or { query: (text, values) => … } around another transaction.",
    );
  }
  const { getTransactionStatus } = tx as Partial<{ getTransactionStatus(): "I" | "T" | "E" | null }>;
  if (typeof getTransactionStatus !== "function" || getTransactionStatus.call(tx) !== "I") return;
  throw new QueueError(
    "INVALID",
    'The `tx` given has no open transaction. Begin one first, with await client.query("BEGIN").',
  );
}

/** The row may be an object or an array, and JSON may have been parsed already. */
export function readAnswer(row: unknown): unknown {
  const answer: unknown = Array.isArray(row) ? row[0] : (row as { answer?: unknown } | undefined)?.answer;
  return typeof answer === "string" ? JSON.parse(answer) : (answer ?? null);
}
