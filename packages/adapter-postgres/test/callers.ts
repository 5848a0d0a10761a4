import type { PostgresTransaction } from "@anyqueue/adapter-postgres";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { CompiledQuery, Kysely, PostgresDialect } from "kysely";
import { openPool } from "./connections.ts";
import { openClient } from "./server.ts";

/** A transaction of an application, and how the application itself says something in it. */
export interface Call {
  readonly tx: PostgresTransaction;
  readonly run: (text: string, values?: readonly unknown[]) => Promise<unknown>;
}

/** Does the work in a transaction, which commits unless the work throws. */
export type Transact = (work: (call: Call) => Promise<void>) => Promise<void>;

/** The ways in which applications have transactions, by name. Each is asked for once, and then does any number of them. */
export const CALLERS: Readonly<Record<string, () => Promise<Transact>>> = {
  "a client of pg": async () => {
    const client = await openClient();
    return (work) => inClient(client, work);
  },

  "a client of a pool of pg": async () => {
    const pool = await openPool();
    return async (work) => {
      const client = await pool.connect();
      try {
        await inClient(client, work);
      } finally {
        client.release();
      }
    };
  },

  Kysely: async () => {
    const db = new Kysely({ dialect: new PostgresDialect({ pool: await openPool() }) });
    return (work) =>
      db.transaction().execute((trx) => {
        const run: Call["run"] = (text, values = []) => trx.executeQuery(CompiledQuery.raw(text, [...values]));
        return work({ tx: { query: (text, values) => trx.executeQuery(CompiledQuery.raw(text, values)) }, run });
      });
  },

  Drizzle: async () => {
    const db = drizzle(await openPool());
    return (work) =>
      db.transaction((trx) => {
        const query: PostgresTransaction["query"] = (text, values) => {
          const parts = text.split(/\$(\d+)/);
          return trx.execute(
            sql.join(parts.map((part, n) => (n % 2 === 0 ? sql.raw(part) : sql.param(values[Number(part) - 1])))),
          );
        };
        return work({ tx: { query }, run: (text, values = []) => query(text, [...values]) });
      });
  },
};

/** A transaction over a client, begun in any way. */
export async function inClient(
  client: PostgresTransaction,
  work: (call: Call) => Promise<void>,
  begin = "BEGIN",
): Promise<void> {
  const run: Call["run"] = (text, values = []) => client.query(text, [...values]);
  await run(begin);
  try {
    await work({ tx: client, run });
    await run("COMMIT");
  } catch (error) {
    await run("ROLLBACK");
    throw error;
  }
}
