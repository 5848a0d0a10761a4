import { drizzle } from "drizzle-orm/node-postgres";
import { sql } from "drizzle-orm";
import { CompiledQuery, Kysely, PostgresDialect } from "kysely";
import { beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../src/connection.ts";
import type { PostgresTransaction } from "../src/transaction.ts";
import { openConnection, openPool, telling } from "./connections.ts";
import { openClient, runSql, temporarySchema } from "./server.ts";

describe("P5 the caller's own transaction", () => {
  const values = ["it's", 7, null, ["a,b", "$1"], true];
  let insert: { readonly text: string };
  let connection: Connection;
  let count: () => Promise<unknown>;

  beforeEach(async () => {
    const schema = temporarySchema();
    await runSql(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.t (a text, b int, c json, d text[], e bool)`);
    connection = await openConnection({ schema });
    insert = {
      text: `WITH new AS (INSERT INTO ${schema}.t VALUES ($1, $2, $3, $4, $5) RETURNING *)
             SELECT row_to_json(new)::text AS answer FROM new WHERE b = $2`,
    };
    count = async () => (await connection.query(`SELECT count(*) FROM ${schema}.t`))[0]?.[0];
  });

  const stored = { a: "it's", b: 7, c: null, d: ["a,b", "$1"], e: true };

  it("may be a client of pg", async () => {
    const client = await openClient();
    await client.query("BEGIN");
    expect(await connection.on(client).answer(insert, values)).toEqual(stored);
    expect(await count()).toBe(0);
    await client.query("COMMIT");
    expect(await count()).toBe(1);
  });

  it("may be one of Kysely", async () => {
    const db = new Kysely({ dialect: new PostgresDialect({ pool: await openPool() }) });
    await db.transaction().execute(async (trx) => {
      const tx: PostgresTransaction = {
        query: (text, parameters) => trx.executeQuery(CompiledQuery.raw(text, parameters)),
      };
      expect(await connection.on(tx).answer(insert, values)).toEqual(stored);
      expect(await count()).toBe(0);
    });
    expect(await count()).toBe(1);
  });

  it("may be one of Drizzle", async () => {
    const db = drizzle(await openPool());
    await db.transaction(async (trx) => {
      const tx: PostgresTransaction = {
        query: (text, parameters) => {
          const parts = text.split(/\$(\d+)/);
          return trx.execute(
            sql.join(parts.map((part, n) => (n % 2 === 0 ? sql.raw(part) : sql.param(parameters[Number(part) - 1])))),
          );
        },
      };
      expect(await connection.on(tx).answer(insert, values)).toEqual(stored);
      expect(await count()).toBe(0);
    });
    expect(await count()).toBe(1);
  });

  it("may read JSON by itself", async () => {
    const tx = { query: () => Promise.resolve({ rows: [{ answer: { a: 1 } }] }) };
    expect(await connection.on(tx).answer(insert, values)).toEqual({ a: 1 });
  });

  it("is refused when nothing can be sent by it", async () => {
    const refused = { code: "INVALID", message: telling("has no `query`") };
    await expect(connection.on({} as PostgresTransaction).answer(insert, values)).rejects.toMatchObject(refused);
  });

  it("is told to be read only when it is", async () => {
    const client = await openClient();
    await client.query("BEGIN READ ONLY");
    const refused = { code: "UNAVAILABLE", message: telling("the transaction is READ ONLY") };
    await expect(connection.on(client).answer(insert, values)).rejects.toMatchObject(refused);
  });

  it("is refused when it has not begun, or is over", async () => {
    const client = await openClient();
    const refused = { code: "INVALID", message: telling("no open transaction") };
    await expect(connection.on(client).answer(insert, values)).rejects.toMatchObject(refused);
    await client.query("BEGIN");
    await client.query("ROLLBACK");
    await expect(connection.on(client).answer(insert, values)).rejects.toMatchObject(refused);
    expect(await count()).toBe(0);
  });

  it("is refused when it is a pool, whose statements are in no transaction", async () => {
    const pool = (await openPool()) as unknown as PostgresTransaction;
    const refused = { code: "INVALID", message: telling("pool.connect()") };
    await expect(connection.on(pool).answer(insert, values)).rejects.toMatchObject(refused);
    expect(await count()).toBe(0);
  });

  it("is refused when it has failed, with what to do", async () => {
    const client = await openClient();
    await client.query("BEGIN");
    await client.query("SELECT 1/0").catch(() => undefined);
    await expect(connection.on(client).answer(insert, values)).rejects.toMatchObject({
      code: "INVALID",
      message: telling("Roll it back"),
    });
  });
});
