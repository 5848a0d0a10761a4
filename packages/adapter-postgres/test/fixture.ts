import type { Adapter } from "@anyqueue/api";
import { postgres, type PostgresOptions } from "@anyqueue/adapter-postgres";
import type { Fixture } from "@anyqueue/conformance";
import pg from "pg";
import { dropSchema, newSchemaName, serverUrl } from "./server.ts";

/** What another process can be told. */
type PlainOptions = Omit<PostgresOptions, "pool">;

/** Each case in a schema of its own, with every means that a store of several processes can be asked for. */
export async function fixtureOf(name: string, wish: PlainOptions = {}): Promise<Fixture> {
  const url = await serverUrl();
  const schemas = new WeakMap<Adapter, string>();
  const schemaOf = (adapter: Adapter) => schemas.get(adapter) ?? "";
  const optionsOf = (schema: string): PlainOptions => ({ url, schema, connections: 4, ...wish });
  const at = (schema: string): Adapter => {
    const adapter = postgres(optionsOf(schema));
    schemas.set(adapter, schema);
    return adapter;
  };
  return {
    name,
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
      options: optionsOf(schemaOf(adapter)),
    }),
  };
}
