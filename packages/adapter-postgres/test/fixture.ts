import type { Adapter } from "@anyqueue/api";
import { postgres, type PostgresOptions } from "@anyqueue/adapter-postgres";
import type { Fixture } from "@anyqueue/conformance";
import pg from "pg";
import { afterAll } from "vitest";
import { dropSchema, newSchemaName, runSql, serverUrl } from "./server.ts";

/** Each case in a schema that is empty, with every means that a store of several processes can be asked for. */
export async function fixtureOf(name: string, wish: PostgresOptions = {}): Promise<Fixture> {
  const direct = await serverUrl();
  const { url = direct } = wish;
  const handles = new WeakMap<Adapter, Handle>();
  const handleOf = (adapter: Adapter): Handle => handles.get(adapter) ?? { schema: "", application: "" };
  const optionsOf = (handle: Handle): PostgresOptions => ({
    connections: 4,
    ...wish,
    url: namedUrl(url, handle.application),
    schema: handle.schema,
  });
  const at = (schema: string): Adapter => {
    const handle = { schema, application: newSchemaName() };
    const adapter = postgres(optionsOf(handle));
    handles.set(adapter, handle);
    return adapter;
  };
  const empty: string[] = [];
  afterAll(async () => {
    for (const schema of empty) await dropSchema(schema);
  });

  return {
    name,
    open: () => at(empty.pop() ?? newSchemaName()),
    reopen: (adapter) => at(handleOf(adapter).schema),
    // To make a schema and to drop it again would take longer than most of the cases.
    async dispose(adapter) {
      const { schema } = handleOf(adapter);
      await runSql(emptying(schema));
      empty.push(schema);
    },
    /** The server ends all of its connections at once, whatever they are doing. */
    async crash(adapter) {
      const { application } = handleOf(adapter);
      await runSql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '${application}'`);
    },
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
      options: { ...optionsOf(handleOf(adapter)) } as never,
    }),
  };
}

/** What a handle of a fixture is known by: its store, and the name of its connections on the server. */
interface Handle {
  readonly schema: string;
  readonly application: string;
}

function namedUrl(url: string, application: string): string {
  const named = new URL(url);
  named.searchParams.set("application_name", application);
  return named.href;
}

/** Leaves a schema as it is after its migration. */
function emptying(schema: string): string {
  return `DO $$ BEGIN
    EXECUTE (SELECT 'TRUNCATE ' || string_agg(oid::regclass::text, ', ') FROM pg_class
      WHERE relnamespace = to_regnamespace('${schema}') AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname <> 'schema_info');
  END $$`;
}
