import { Client } from "pg";
import { keep } from "./kept.ts";
import { postgresPrograms } from "./programs.ts";
import type { Server } from "./server.ts";

/** Names the server to measure on; set for the whole run, so that worker processes find it as well. */
const VARIABLE = "ANYQUEUE_BENCH_POSTGRES_URL";

/** The address of the server of this run; undefined when there is none. */
export function postgresUrl(): string | undefined {
  return process.env[VARIABLE];
}

/**
 * Starts a private, durable server on loopback, or uses the one that `ANYQUEUE_BENCH_POSTGRES_URL` names. Undefined when
 * there is neither. A server that was started ends with this process, however that ends.
 */
export async function startPostgres(): Promise<Server | undefined> {
  const given = postgresUrl();
  if (given !== undefined) return { about: await describe(given), stop: async () => undefined };
  const programs = await postgresPrograms();
  if (programs === undefined) return undefined;

  const { port, password, stop } = await keep("postgres", programs);
  const url = `postgres://anyqueue:${password}@127.0.0.1:${port}/postgres`;
  const about = await describe(url);
  process.env[VARIABLE] = url;
  return {
    about,
    stop: () => {
      delete process.env[VARIABLE];
      return stop();
    },
  };
}

const SETTINGS = ["fsync", "synchronous_commit", "shared_buffers", "max_wal_size", "max_connections"];

/** Waits until the server answers. */
async function describe(url: string): Promise<Readonly<Record<string, string>>> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      const { rows } = await client.query<{ name: string; value: string }>(
        "select name, current_setting(name) as value from unnest($1::text[]) as name",
        [["server_version", ...SETTINGS]],
      );
      return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
