import { describe, expect, it } from "vitest";
import { openConnection, openPool, telling } from "./connections.ts";
import { openClient, temporarySchema } from "./server.ts";

describe("a connection", () => {
  it("reads numbers, booleans and null as such, and everything else as text", async () => {
    const connection = await openConnection();
    const rows = await connection.query(
      `SELECT 1::int2, 2::int4, 3::int8, 0.5::float8, true, false, null, '{"a":1}'::json, now()::date, 12.50`,
    );
    const date: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\d$/);
    expect(rows).toEqual([[1, 2, 3, 0.5, true, false, null, '{"a":1}', date, "12.50"]]);
  });

  it("reads the same through a pool whose application reads otherwise", async () => {
    const pool = await openPool({ types: { getTypeParser: () => () => "something else" } as never });
    const connection = await openConnection({ pool });
    expect(await connection.query("SELECT 1, $1::int8", [2])).toEqual([[1, 2]]);
  });

  it("reads an answer of JSON, and null when there is none", async () => {
    const connection = await openConnection();
    expect(await connection.answer({ text: `SELECT '{"a":[1]}'::text AS answer` }, [])).toEqual({ a: [1] });
    expect(await connection.answer({ text: "SELECT null::text AS answer" }, [])).toBe(null);
    expect(await connection.answer({ text: "SELECT '' AS answer WHERE false" }, [])).toBe(null);
  });

  it("keeps named commands prepared, unless told not to", async () => {
    const text = "SELECT name FROM pg_prepared_statements";
    const prepared = await openConnection({ pool: await openPool({ max: 1 }) });
    await prepared.query({ name: "mine", text: "SELECT 1" });
    expect(await prepared.query(text)).toEqual([["mine"]]);

    const plain = await openConnection({ pool: await openPool({ max: 1 }), prepare: false });
    await plain.query({ name: "mine", text: "SELECT 1" });
    expect(await plain.query(text)).toEqual([]);
  });

  it("goes on with a prepared command whose table has been migrated", async () => {
    const schema = temporarySchema();
    const client = await openClient();
    await client.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.t AS SELECT 1 AS a`);
    const connection = await openConnection({ pool: await openPool({ max: 1 }) });
    const command = { name: "all", text: `SELECT * FROM ${schema}.t` };
    expect(await connection.query(command)).toEqual([[1]]);
    await client.query(`ALTER TABLE ${schema}.t ADD b int`);
    expect(await connection.query(command)).toEqual([[1, null]]);
  });

  it("is named anyqueue on the server, unless the URL names it", async () => {
    const text = "SELECT current_setting('application_name')";
    expect(await (await openConnection()).query(text)).toEqual([["anyqueue"]]);
  });
});

describe("a transaction of a connection", () => {
  it("is undone when the work fails, and the connection serves on", async () => {
    const schema = temporarySchema();
    const connection = await openConnection({ connections: 1 });
    const refused = connection.transaction(async (session) => {
      await session.query(`CREATE SCHEMA ${schema}`);
      throw new RangeError("no");
    });
    await expect(refused).rejects.toThrow(RangeError);
    expect(await connection.query("SELECT to_regnamespace($1)", [schema])).toEqual([[null]]);
  });

  it("runs a text of several statements", async () => {
    const schema = temporarySchema();
    const connection = await openConnection();
    const rows = await connection.transaction((session) =>
      session.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.t AS SELECT 7 AS a; SELECT a FROM ${schema}.t`),
    );
    expect(rows).toEqual([[7]]);
  });

  it("is done again when the server undoes it for the sake of another", async () => {
    const schema = temporarySchema();
    const connection = await openConnection();
    await connection.query(`CREATE SCHEMA ${schema}`);
    await connection.query(`CREATE TABLE ${schema}.t AS SELECT id, 0 AS n FROM generate_series(1, 2) id`);
    const met = Promise.withResolvers<void>();
    let arrived = 0;
    let runs = 0;
    const increment = (first: number, second: number) =>
      connection.transaction(async (session) => {
        runs++;
        await session.query("SET LOCAL deadlock_timeout = '10ms'");
        await session.query(`UPDATE ${schema}.t SET n = n + 1 WHERE id = $1`, [first]);
        if (++arrived >= 2) met.resolve();
        await met.promise;
        await session.query(`UPDATE ${schema}.t SET n = n + 1 WHERE id = $1`, [second]);
      });
    await Promise.all([increment(1, 2), increment(2, 1)]);
    expect(await connection.query(`SELECT n FROM ${schema}.t ORDER BY id`)).toEqual([[2], [2]]);
    expect(runs).toBeGreaterThan(2);
  });
});

describe("closing a connection", () => {
  it("P25 waits for what is in flight, and is told by every command afterwards", async () => {
    const connection = await openConnection();
    const slow = connection.query("SELECT 1 FROM pg_sleep(0.05)");
    await Promise.all([connection.close(), connection.close()]);
    expect(await slow).toEqual([[1]]);
    await expect(connection.query("SELECT 1")).rejects.toMatchObject({ code: "CLOSED", message: telling("open()") });
  });

  it("P25 leaves a pool that was given as it was", async () => {
    const pool = await openPool();
    const connection = await openConnection({ pool });
    await connection.query("SELECT 1");
    const listeners = pool.listenerCount("error");
    await connection.close();
    expect(pool.ended || pool.ending).toBe(false);
    expect(pool.listenerCount("error")).toBe(listeners - 1);
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });
});
