import type { Client } from "pg";
import { hindranceToCounting, statementCounting } from "./statement-counting.ts";

/** What the server has done so far. */
interface Reading {
  readonly statements: number | null;
  /** Changes when somebody makes the server forget statements, or it does so for want of room. */
  readonly forgotten: string | null;
  readonly wal: string;
}

/** What the server did meanwhile. */
export interface Work {
  /** Statements of clients; undefined where they cannot be counted. */
  readonly statements: number | undefined;
  readonly walBytes: number;
}

/** Counts what the server does, through a connection of its own that does not count itself. */
export class Counters implements AsyncDisposable {
  readonly #client: Client;
  /** Where pg_stat_statements is. */
  readonly #schema: string | undefined;
  readonly #isOurs: boolean;

  private constructor(client: Client, schema: string | undefined, isOurs: boolean) {
    this.#client = client;
    this.#schema = schema;
    this.#isOurs = isOurs;
  }

  /** Begins to count. A server of ours is told to count statements only until the end, since that costs a little. */
  static async start(client: Client): Promise<Counters> {
    const counting = await statementCounting(client);
    if (hindranceToCounting(counting) !== undefined) return new Counters(client, undefined, false);
    if (!counting.isOurs) return new Counters(client, counting.schema ?? undefined, false);
    await client.query("create extension if not exists pg_stat_statements schema public");
    await client.query("alter system set pg_stat_statements.track = 'top'");
    await client.query("select pg_reload_conf()");
    // When this connection has heard of it, so have those that come after it.
    while ((await statementCounting(client)).track !== "top");
    return new Counters(client, "public", true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOurs) return;
    await this.#client.query("alter system reset pg_stat_statements.track");
    await this.#client.query("select pg_reload_conf()");
  }

  /** Does something and tells what it made the server do. */
  async during(work: () => Promise<unknown>): Promise<Work> {
    const before = await this.#read();
    await work();
    const after = await this.#read();
    if (after.forgotten !== before.forgotten) {
      throw new Error("pg_stat_statements forgot statements meanwhile; raise pg_stat_statements.max");
    }
    return {
      statements:
        before.statements === null || after.statements === null ? undefined : after.statements - before.statements,
      walBytes: Number(BigInt(after.wal) - BigInt(before.wal)),
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
    const { rows } = await this.#client.query<Reading>(readingFrom(this.#schema));
    return rows[0] as Reading;
  }
}

/**
 * Statements are those of this user that clients sent: checks of foreign keys count as such, but no client sends them,
 * and this one is told by the name of its column.
 */
function readingFrom(schema: string | undefined): string {
  const wal = "(pg_current_wal_insert_lsn() - '0/0')::text as wal";
  if (schema === undefined) return `select null as statements, null as forgotten, ${wal}`;
  return `
    select coalesce(sum(calls), 0)::float8 as statements, ${wal},
      (select info::text from "${schema}".pg_stat_statements_info as info) as forgotten, 1 as anyqueue_bench_reading
    from "${schema}".pg_stat_statements
    where toplevel and dbid = (select oid from pg_database where datname = current_database())
      and userid = (select oid from pg_roles where rolname = current_user)
      and query not like '%anyqueue\\_bench\\_reading%'
      and query not like 'SELECT $_ FROM ONLY % FOR KEY SHARE OF x'`;
}
