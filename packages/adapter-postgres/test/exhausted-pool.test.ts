import pg from "pg";
import { describe, expect, it } from "vitest";
import { connectedPool, openConnection, telling } from "./connections.ts";
import { serverUrl } from "./server.ts";

const IMPATIENT = { serverMs: 50, poolMs: 50, ownMs: 50, againMs: 50 };

describe("a pool with no connection left", () => {
  it("is waited for, but not for ever", async () => {
    const pool = await connectedPool({ max: 1 });
    const connection = await openConnection({ pool }, IMPATIENT);
    const holder = await pool.connect();
    const refused = { code: "UNAVAILABLE", message: telling("None of the 1 connections") };
    for (let n = 0; n < 3; n++) await expect(connection.query("SELECT 1")).rejects.toMatchObject(refused);
    // Who gave up has left no crowd behind.
    expect(pool.waitingCount).toBe(1);
    const query = connection.query("SELECT 1");
    holder.release();
    expect(await query).toEqual([[1]]);
    expect(pool).toMatchObject({ waitingCount: 0, idleCount: 1 });
  });

  it.each([undefined, 1000])(
    "is not waited for as long by who comes right after (its own bound: %s)",
    async (bound) => {
      const pool = await connectedPool({ max: 1, ...(bound !== undefined && { connectionTimeoutMillis: bound }) });
      const connection = await openConnection({ pool }, { ...IMPATIENT, poolMs: 1000, againMs: 20 });
      const holder = await pool.connect();
      const refused = { code: "UNAVAILABLE", message: telling("became free within 1 s") };
      const waits: number[] = [];
      for (let n = 0; n < 4; n++) {
        const startedAt = performance.now();
        await expect(connection.query("SELECT 1")).rejects.toMatchObject(refused);
        waits.push(performance.now() - startedAt);
      }
      expect(waits[0]).toBeGreaterThan(950);
      expect(waits[0]).toBeGreaterThan(Math.max(...waits.slice(1)));
      holder.release();
      expect(await connection.query("SELECT 1")).toEqual([[1]]);
      // Once there was one, there is patience again.
      const again = await pool.connect();
      setTimeout(() => again.release(), 300);
      expect(await connection.query("SELECT 1")).toEqual([[1]]);
    },
  );

  it("is not left without a connection that came too late", async () => {
    const pool = await connectedPool({ max: 1 });
    const connection = await openConnection({ pool }, IMPATIENT);
    const holder = await pool.connect();
    await expect(connection.query("SELECT 1")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    holder.release();
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });

  it("is told by the bound of the application's own, if it has one", async () => {
    const pool = await connectedPool({ max: 1, connectionTimeoutMillis: 20 });
    const connection = await openConnection({ pool });
    const holder = await pool.connect();
    await expect(connection.query("SELECT 1")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: telling("within 0.02 s"),
    });
    holder.release();
  });

  it("is the same if the pool is our own", async () => {
    const connection = await openConnection({ connections: 1 }, { ...IMPATIENT, poolMs: 2000, ownMs: 2000 });
    await connection.transaction(async () => {
      await expect(connection.query("SELECT 1")).rejects.toMatchObject({ message: telling("None of the 1") });
    });
    expect(await connection.query("SELECT 1")).toEqual([[1]]);
  });

  it("because the application ended it says so", async () => {
    const pool = new pg.Pool({ connectionString: await serverUrl() });
    const connection = await openConnection({ pool });
    await pool.end();
    await expect(connection.query("SELECT 1")).rejects.toMatchObject({ code: "CLOSED", message: telling("pool") });
  });
});
