import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { type Adapter, backendByName, createAdapter, planMigration } from "@anyqueue/api";
import type { Fixture } from "@anyqueue/conformance";
import { childModule } from "../child-module.ts";
import { UsageError } from "../failure.ts";

/** As far as the suite's own transactions need it. */
interface Client {
  connect(): Promise<void>;
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
}

/** Postgres, each case in a schema of its own on the server named, with every means of testing that the suite knows. */
export async function postgresFixture(address: string, search: string): Promise<Fixture> {
  const query = Object.fromEntries(new URLSearchParams(search));
  if ("schema" in query) {
    throw new UsageError("Each case needs a new and empty store, so it has a schema of its own; leave `schema` out.");
  }
  const { url } = (await backendByName("postgres")).fromUrl(address, query);
  const schemas = new WeakMap<Adapter, string>();
  const schemaOf = (adapter: Adapter): string => schemas.get(adapter) ?? "";
  const urlOf = (schema: string): string =>
    `postgres:${address}?${new URLSearchParams({ ...query, schema }).toString()}`;
  // What keeps one case from its store keeps all of them.
  await planMigration(urlOf(newSchema()));
  const at = async (schema: string): Promise<Adapter> => {
    const adapter = await createAdapter(urlOf(schema));
    schemas.set(adapter, schema);
    return adapter;
  };
  return {
    name: "postgres",
    open: () => at(newSchema()),
    reopen: (adapter) => at(schemaOf(adapter)),
    dispose: (adapter) =>
      withClient(url as string, async (client) => {
        await client.query(`DROP SCHEMA IF EXISTS ${schemaOf(adapter)} CASCADE`);
      }),
    transaction: (_adapter, work) =>
      withClient(url as string, async (client) => {
        await client.query("BEGIN");
        await work(client as never);
        await client.query("COMMIT");
      }),
    spawn: (adapter) => ({
      module: pathToFileURL(childModule("conformance/connect")).href,
      options: urlOf(schemaOf(adapter)),
    }),
  };
}

function newSchema(): string {
  return `anyqueue_conformance_${randomUUID().replaceAll("-", "").slice(0, 16)}`;
}

/** A transaction that is left open is rolled back by the end of its connection. */
async function withClient(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  // The driver is the adapter's dependency, not ours, so it is looked up from there.
  const require = createRequire(import.meta.resolve("@anyqueue/adapter-postgres"));
  const { Client: Driver } = require("pg") as { Client: new (url: string) => Client };
  const client = new Driver(url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
