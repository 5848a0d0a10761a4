import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import { openConnection, openPool, telling } from "./connections.ts";
import { freePort, OwnServer } from "./own-server.ts";
import { openClient } from "./server.ts";

const IMPATIENT = { serverMs: 50, poolMs: 50, ownMs: 50, againMs: 50 };

describe("an outage", () => {
  it("of a connection in the middle of a statement is told, and nothing is sent twice", async () => {
    const connection = await openConnection();
    await expect(connection.query("SELECT pg_terminate_backend(pg_backend_pid())")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: telling("not known whether the call took effect"),
      cause: { code: "57P01" },
    });
    expect(await connection.query("SELECT 1")).toEqual([[1]]);
  });

  it("of a connection that is idle is not even noticed", async () => {
    const pool = await openPool({ max: 1 });
    const connection = await openConnection({ pool });
    const [[pid] = []] = await connection.query("SELECT pg_backend_pid()");
    const lost = new Promise<unknown>((resolve) => pool.once("remove", resolve));
    await (await openClient()).query("SELECT pg_terminate_backend($1)", [pid]);
    await lost;
    expect(await connection.query("SELECT 1")).toEqual([[1]]);
  });

  it("of a whole transaction is told, and its connection leaves the pool", async () => {
    const connection = await openConnection({ connections: 1 });
    const killed = connection.transaction((session) => session.query("SELECT pg_terminate_backend(pg_backend_pid())"));
    await expect(killed).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await connection.query("SELECT 1")).toEqual([[1]]);
  });

  it("at a port where nobody listens is waited out for a while, then told", async () => {
    const port = await freePort();
    const opening = openConnection({ url: `postgres://me:s3cret@127.0.0.1:${port}/jobs` }, IMPATIENT);
    await expect(opening).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: telling(`Cannot connect to postgres at 127.0.0.1:${port}/jobs`),
      cause: { code: "ECONNREFUSED" },
    });
  });
});

/** Connects as soon as there is a connection left: those of the test before end a little later for the server. */
async function nextClient(server: OwnServer): Promise<pg.Client> {
  for (;;) {
    const client = new pg.Client({ connectionString: server.url });
    try {
      await client.connect();
      return client;
    } catch (error) {
      if ((error as pg.DatabaseError).code !== "53300") throw error;
    }
  }
}

describe("a server", () => {
  let server: OwnServer;

  beforeAll(async () => {
    const settings = { max_connections: "4", superuser_reserved_connections: "0" };
    server = await OwnServer.start({ settings });
    return () => server.dispose();
  });

  it("that is being restarted is waited for", async () => {
    const pool = await openPool({ connectionString: server.url });
    const connection = await openConnection({ pool });
    await Promise.all([connection.query("SELECT 1"), connection.query("SELECT 2")]);
    const emptied = new Promise<void>((resolve) => {
      pool.on("remove", () => pool.totalCount === 0 && resolve());
    });
    await server.stop("immediate");
    await emptied;
    const query = connection.query("SELECT 1");
    await server.start();
    expect(await query).toEqual([[1]]);
  });

  it("that has no connection left is waited for, then told", async () => {
    const clients: pg.Client[] = [];
    while (clients.length < 4) clients.push(await nextClient(server));
    await expect(openConnection({ url: server.url }, { ...IMPATIENT, ownMs: 10_000 })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: telling("max_connections"),
      cause: { code: "53300" },
    });
    const opening = openConnection({ url: server.url });
    await Promise.all(clients.map((client) => client.end()));
    await opening;
  });

  it("that can only be read, as a standby, is refused", async () => {
    const standby = await OwnServer.start();
    await using _ = standby;
    await standby.stop();
    writeFileSync(join(standby.data, "standby.signal"), "");
    await standby.start();
    await expect(openConnection({ url: standby.url })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: telling("name the primary"),
    });
  });
});
