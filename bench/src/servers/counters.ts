import type { Client } from "pg";

/** What the server has done so far. */
interface Reading {
  readonly statements: number | undefined;
  readonly wal: bigint;
}

/** What the server did meanwhile. */
export interface Work {
  /** Statements of clients; undefined where pg_stat_statements is missing. */
  readonly statements: number | undefined;
  readonly walBytes: number;
}

// Checks of foreign keys count as statements, but no client sends them.
const STATEMENTS = `
  select coalesce(sum(calls), 0) from public.pg_stat_statements
  where dbid = (select oid from pg_database where datname = current_database())
    and query not like 'SELECT $_ FROM ONLY % FOR KEY SHARE OF x'`;

/** Counts what the server does, through a connection of its own that does not count itself. */
export class Counters {
  readonly #client: Client;
  readonly #hasStatements: boolean;

  private constructor(client: Client, hasStatements: boolean) {
    this.#client = client;
    this.#hasStatements = hasStatements;
  }

  /** Begins to count statements, if the server can and lets us. `stop` ends it, since counting costs a little. */
  static async start(client: Client): Promise<Counters> {
    try {
      await client.query("create extension if not exists pg_stat_statements schema public");
      await client.query("alter system set pg_stat_statements.track = 'top'");
      await client.query("select pg_reload_conf()");
      await client.query("set pg_stat_statements.track = 'none'");
      await client.query("select public.pg_stat_statements_reset()");
      return new Counters(client, true);
    } catch {
      return new Counters(client, false);
    }
  }

  async stop(): Promise<void> {
    if (!this.#hasStatements) return;
    await this.#client.query("alter system reset pg_stat_statements.track");
    await this.#client.query("select pg_reload_conf()");
  }

  /** Does something and tells what it made the server do. */
  async during(work: () => Promise<unknown>): Promise<Work> {
    const before = await this.#read();
    await work();
    const after = await this.#read();
    return {
      statements: before.statements === undefined ? undefined : (after.statements ?? 0) - before.statements,
      walBytes: Number(after.wal - before.wal),
    };
  }

  /** The clients that are connected to the database now. */
  async clients(): Promise<readonly number[]> {
    const { rows } = await this.#client.query<{ pid: number }>(
      "select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'",
    );
    return rows.map(({ pid }) => pid);
  }

  /**
   * Rows of the schema's tables that were updated or deleted, each of which left a dead one, and how many updates were
   * HOT. A connection tells this for certain only when it ends, so those other than `clients` are waited for.
   */
  async deadRows(schema: string, clients: readonly number[]): Promise<{ readonly dead: number; readonly hot: number }> {
    const until = performance.now() + 10_000;
    while ((await this.clients()).some((pid) => !clients.includes(pid)) && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { rows } = await this.#client.query<{ dead: number; hot: number }>(
      `select coalesce(sum(n_tup_upd + n_tup_del), 0)::float8 as dead, coalesce(sum(n_tup_hot_upd), 0)::float8 as hot
        from pg_stat_user_tables where schemaname = $1`,
      [schema],
    );
    return rows[0] ?? { dead: 0, hot: 0 };
  }

  async #read(): Promise<Reading> {
    const statements = this.#hasStatements ? `(${STATEMENTS})` : "null";
    const { rows } = await this.#client.query<{ statements: number | null; wal: string }>(
      `select ${statements}::float8 as statements, (pg_current_wal_insert_lsn() - '0/0')::text as wal`,
    );
    return { statements: rows[0]?.statements ?? undefined, wal: BigInt(rows[0]?.wal ?? 0) };
  }
}
