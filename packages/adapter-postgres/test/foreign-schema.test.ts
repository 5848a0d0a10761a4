import { planMigration } from "@anyqueue/api";
import { describe, expect, it, onTestFinished } from "vitest";
import { catalogOf } from "./catalog.ts";
import { telling } from "./connections.ts";
import { runSql, serverUrl, temporarySchema } from "./server.ts";
import { job, makeStore, openStore } from "./stores.ts";

describe("a schema that is not AnyQueue's own", () => {
  it.each([
    [
      "the table orders",
      "CREATE TABLE S.orders (id int PRIMARY KEY); CREATE FUNCTION S.poll() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
    ["the table history", "CREATE TABLE S.history (id int)"],
    ["the table schema_info", "CREATE TABLE S.schema_info (version int)"],
    ["the table hot_jobs", "CREATE TABLE S.hot_jobs (id int)"],
    ["the view jobs", "CREATE VIEW S.jobs AS SELECT 1 AS one"],
    ["the sequence places", "CREATE SEQUENCE S.places"],
    ["the function enqueue", "CREATE FUNCTION S.enqueue(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'"],
    ["the type mood", "CREATE TYPE S.mood AS ENUM ('good', 'bad')"],
  ])("P25 is refused and left as it is when it holds %s", async (thing, sql) => {
    const schema = temporarySchema();
    await runSql(`CREATE SCHEMA ${schema}; ${sql.replaceAll("S.", `${schema}.`)}`);
    const before = await catalogOf(schema);
    const refused = { code: "INVALID", message: telling(`${schema} holds other things, such as ${thing}.`) };
    await expect(openStore({ schema })).rejects.toMatchObject(refused);
    await expect(planOf(schema)).rejects.toMatchObject(refused);
    expect(await catalogOf(schema)).toEqual(before);
  });

  it("P25 is not touched by a plan from when it was empty", async () => {
    const schema = temporarySchema();
    const plan = await planOf(schema);
    await runSql(`CREATE SCHEMA ${schema}; CREATE FUNCTION ${schema}.shout() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
    const before = await catalogOf(schema);
    await expect(runSql(plan?.sql ?? "")).rejects.toThrow("it has the function shout");
    expect(await catalogOf(schema)).toEqual(before);
  });

  it.each(["select", "user", "left"])("is refused by name when that is a word of SQL such as %s", async (schema) => {
    const store = await makeStore({ schema });
    await expect(store.open()).rejects.toMatchObject({
      code: "INVALID",
      message: telling(`\`schema\` cannot be "${schema}"`),
    });
  });
});

it("a schema may be empty, or have a name that SQL has another use for", async () => {
  const schema = temporarySchema();
  await runSql(`CREATE SCHEMA ${schema}`);
  onTestFinished(() => runSql(`DROP SCHEMA IF EXISTS "values" CASCADE`));
  for (const each of [schema, "values"]) {
    const store = await openStore({ schema: each });
    expect(await store.insert([job("a")])).toMatchObject([{ status: "added" }]);
    expect((await store.list({ limit: 9 })).items).toHaveLength(1);
  }
});

async function planOf(schema: string) {
  return planMigration({ backend: "postgres", url: await serverUrl(), schema });
}
