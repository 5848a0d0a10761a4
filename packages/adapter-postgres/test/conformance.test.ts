import type { Adapter } from "@anyqueue/api";
import { postgres } from "@anyqueue/adapter-postgres";
import { type Fixture, runConformance } from "@anyqueue/conformance";
import pg from "pg";
import { describe, it } from "vitest";
import { dropSchema, newSchemaName, serverUrl } from "./server.ts";

runConformance(await onServer(), { describe, it });

/** Each case in a schema of its own, with every means that a store of several processes can be asked for. */
async function onServer(): Promise<Fixture> {
  const url = await serverUrl();
  const schemas = new WeakMap<Adapter, string>();
  const schemaOf = (adapter: Adapter) => schemas.get(adapter) ?? "";
  const at = (schema: string): Adapter => {
    const adapter = postgres({ url, schema, connections: 4 });
    schemas.set(adapter, schema);
    return adapter;
  };
  return {
    name: "postgres",
    open: () => at(newSchemaName()),
    reopen: (adapter) => at(schemaOf(adapter)),
    dispose: (adapter) => dropSchema(schemaOf(adapter)),
    async transaction(_adapter, work) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        await client.query("BEGIN");
        await work(client as never);
        await client.query("COMMIT");
      } finally {
        await client.end();
      }
    },
    spawn: (adapter) => ({
      module: new URL("./connect.ts", import.meta.url).href,
      options: { url, schema: schemaOf(adapter) },
    }),
  };
}
