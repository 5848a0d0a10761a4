import { readdirSync, readFileSync } from "node:fs";
import { postgres } from "@anyqueue/adapter-postgres";
import { describe, expect, it, onTestFinished } from "vitest";
import { migration, SCHEMA_VERSION } from "../../src/migrations.ts";
import { catalogOf } from "../catalog.ts";
import { runSql, serverUrl, temporarySchema } from "../server.ts";
import { signatures } from "./signatures.ts";

/** What `scripts/record-layout.ts` wrote for each layout that was released. */
const RELEASED = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".sql"))
  .map((name) => ({ version: Number.parseInt(name), sql: readText(name) }));

describe("the SQL of a layout", () => {
  it("P25 keeps every function that others call as they call it, older versions of this library among them", () => {
    const recorded = readText("functions.txt").trimEnd().split("\n");
    const missing = recorded.filter((one) => !signatures(migration("anyqueue", 0)).includes(one));
    // Before a release: node --conditions=@anyqueue/source scripts/record-layout.ts --functions
    expect(missing).toEqual([]);
  });

  it("P25 does not change once it was released: another step does", () => {
    const newest = RELEASED.filter(({ version }) => version === SCHEMA_VERSION);
    expect(newest.map(({ sql }) => sql.trimEnd())).toEqual(newest.map(() => migration("anyqueue", 0)));
  });

  it("P25 is reached from every layout that was released", async () => {
    const fresh = await openSchema(temporarySchema());
    for (const { sql } of RELEASED) {
      const schema = temporarySchema();
      await runSql(sql.replaceAll("anyqueue", schema));
      expect(await openSchema(schema)).toEqual(fresh);
    }
  });
});

async function openSchema(schema: string): Promise<readonly string[]> {
  const store = postgres({ url: await serverUrl(), schema });
  onTestFinished(() => store.close());
  await store.open();
  return catalogOf(schema);
}

function readText(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}
