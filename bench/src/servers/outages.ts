import { InvalidRun } from "../tally.ts";
import type { Subject } from "../subject.ts";
import { onServer } from "./postgres.ts";

/**
 * Does something and sees that Postgres ran all through it and ended nobody's connection. A queue that connects again does
 * not tell of it, but its figures are of an outage.
 *
 * @throws InvalidRun if it did not.
 */
export async function withoutOutage<T>({ server }: Subject, work: () => Promise<T>): Promise<T> {
  if (server !== "postgres") return work();
  const before = await traces();
  const result = await work();
  if ((await traces()) !== before) throw new InvalidRun("the Postgres server ended connections meanwhile");
  return result;
}

/** What is never the same again after a restart, a crash (which forgets statistics), or the end of somebody's connection. */
async function traces(): Promise<string | undefined> {
  return onServer(async (client) => {
    // As JSON, since the column is not there before version 14.
    const { rows } = await client.query<{ traces: string }>(
      `select concat_ws(', ', pg_postmaster_start_time(), stats_reset, to_jsonb(d) ->> 'sessions_killed') as traces
        from pg_stat_database d where datname = current_database()`,
    );
    return rows[0]?.traces;
  });
}
