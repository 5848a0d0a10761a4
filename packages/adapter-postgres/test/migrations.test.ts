import { fork } from "node:child_process";
import { once } from "node:events";
import { planMigration } from "@anyqueue/api";
import { backend, type PostgresOptions } from "@anyqueue/adapter-postgres";
import { describe, expect, it, onTestFinished } from "vitest";
import { catalogOf } from "./catalog.ts";
import { telling } from "./connections.ts";
import { openClient, runSql, serverUrl, temporaryRole, temporarySchema } from "./server.ts";
import { jobs, makeStore, openStore } from "./stores.ts";

describe("the plan of a migration", () => {
  it("P25 is the SQL that makes of nothing just what opening makes", async () => {
    const [planned, opened] = [temporarySchema(), temporarySchema()];
    const plan = await planOf(planned);
    expect(plan).toMatchObject({ from: null, to: 2, changes: [telling("Creates the schema")] });
    await runSql(plan.sql);
    expect(await planOf(planned)).toEqual({ from: 2, to: 2, changes: [], sql: "" });
    await openStore({ schema: opened });
    expect(await catalogOf(planned)).toEqual(await catalogOf(opened));
  });

  it("P25 changes nothing", async () => {
    const schema = temporarySchema();
    await planOf(schema);
    await openStore({ schema: temporarySchema() });
    const client = await openClient();
    expect((await client.query("SELECT to_regnamespace($1) AS found", [schema])).rows).toEqual([{ found: null }]);
  });

  it("P25 does harm to nothing when it is run again", async () => {
    const schema = temporarySchema();
    const { sql } = await planOf(schema);
    const store = await openStore({ schema });
    await store.insert(jobs(3));
    const before = await catalogOf(schema);
    await expect(runSql(sql)).rejects.toMatchObject({ message: telling("is not empty any more") });
    expect(await catalogOf(schema)).toEqual(before);
    expect((await store.list({ limit: 9 })).items).toHaveLength(3);
  });

  it("P25 can be carried out by a user who may create nothing but in a schema that was made for it", async () => {
    const schema = temporarySchema();
    const role = await temporaryRole("secret");
    await runSql(`CREATE SCHEMA ${schema} AUTHORIZATION ${role}`);
    const url = new URL(await serverUrl());
    url.username = role;
    url.password = "secret";
    const store = await openStore({ url: url.href, schema });
    expect(await store.insert(jobs(1))).toMatchObject([{ status: "added" }]);
  });
});

describe("a schema of newer code", () => {
  it("P25 is refused, and left as it is, by opening and by the plan", async () => {
    const schema = temporarySchema();
    const store = await openStore({ schema });
    await store.insert(jobs(3));
    await runSql(`UPDATE ${schema}.schema_info SET version = 99, min_reader = 98; DROP FUNCTION ${schema}.renew`);
    const before = await catalogOf(schema);
    const refused = { code: "SCHEMA_NEWER", message: telling("version 99") };
    await expect(makeStore({ schema }).then((newer) => newer.open())).rejects.toMatchObject(refused);
    await expect(planOf(schema)).rejects.toMatchObject(refused);
    expect(await catalogOf(schema)).toEqual(before);
  });

  it("P25 is used, and left as it is, where the newer code says that older code may", async () => {
    const schema = temporarySchema();
    await openStore({ schema });
    await runSql(`UPDATE ${schema}.schema_info SET version = 99; ALTER TABLE ${schema}.lane_settings ADD later text`);
    const before = await catalogOf(schema);
    const older = await openStore({ schema });
    expect(await older.insert(jobs(1))).toMatchObject([{ status: "added" }]);
    expect(await planOf(schema)).toEqual({ from: 99, to: 99, changes: [], sql: "" });
    expect(await catalogOf(schema)).toEqual(before);
  });
});

describe("a new schema", () => {
  it("P25 is made once, however many processes open it at once", async () => {
    const schema = temporarySchema();
    const options = { url: await serverUrl(), schema, connections: 1 };
    const processes = await Promise.all([1, 2, 3].map(() => startOpening(options)));
    expect(await Promise.all(processes.map((open) => open()))).toEqual(["opened", "opened", "opened"]);
    const client = await openClient();
    expect((await client.query(`SELECT version FROM ${schema}.schema_info`)).rows).toEqual([{ version: 2 }]);
  });

  it("P25 that lacks the table which tells its version is refused and left alone", async () => {
    const schema = temporarySchema();
    await openStore({ schema });
    await runSql(`DROP TABLE ${schema}.schema_info`);
    await expect(planOf(schema)).rejects.toMatchObject({ code: "CORRUPT", message: telling(schema) });
  });
});

async function planOf(schema: string) {
  const plan = await planMigration({ backend: "postgres", url: await serverUrl(), schema });
  if (plan === undefined) throw new Error(`${backend.name} tells no plan.`);
  return plan;
}

/** Starts a process, and answers how to make it open the store, which tells how that went. */
async function startOpening(options: PostgresOptions): Promise<() => Promise<unknown>> {
  const child = fork(new URL("./opening-process.ts", import.meta.url), [JSON.stringify(options)]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "message");
  return async () => {
    child.send("open");
    const [outcome] = (await once(child, "message")) as [unknown];
    return outcome;
  };
}
