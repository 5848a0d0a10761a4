import { type Catalog, openQueue, type Queue } from "@anyqueue/api";
import pg from "pg";
import { expect, onTestFinished } from "vitest";
import { postgres } from "../src/postgres-adapter.ts";
import type { PostgresTransaction } from "../src/transaction.ts";
import { migration } from "../src/migrations.ts";
import { openClient, runSql, serverUrl, temporarySchema } from "./server.ts";

/** A store as other languages see it: one session and nothing but SQL. */
export class Surface {
  readonly schema: string;
  readonly client: pg.Client;

  /** A new store of the newest layout. */
  static async open(): Promise<Surface> {
    const schema = temporarySchema();
    await runSql(`BEGIN; ${migration(schema, 0)} COMMIT`);
    return new Surface(schema, await openClient());
  }

  constructor(schema: string, client: pg.Client) {
    this.schema = schema;
    this.client = client;
  }

  /** The same store as TypeScript sees it. */
  async queue(): Promise<Queue<Catalog, PostgresTransaction>> {
    const queue = await openQueue(postgres({ url: await serverUrl(), schema: this.schema }));
    onTestFinished(() => queue.close());
    return queue;
  }

  /** Another session on the same store, perhaps of another role. */
  async another(login?: { readonly user: string; readonly password: string }): Promise<Surface> {
    if (login === undefined) return new Surface(this.schema, await openClient());
    const client = new pg.Client({ connectionString: await this.urlFor(login) });
    await client.connect();
    onTestFinished(() => client.end());
    return new Surface(this.schema, client);
  }

  /** The URL of the server for a role of the test's own. */
  async urlFor({ user, password }: { readonly user: string; readonly password: string }): Promise<string> {
    const url = new URL(await serverUrl());
    url.username = user;
    url.password = password;
    return url.href;
  }

  /** The SQL with the name that this schema has; tests say `anyqueue`. */
  named(text: string): string {
    return text.replaceAll("anyqueue.", `${this.schema}.`);
  }

  /** The rows of a statement. */
  async rows(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const { rows } = await this.client.query<Record<string, unknown>>({
      text: this.named(text),
      values: [...values],
      types: NUMBERS,
    });
    return rows;
  }

  /** The first row of a statement. */
  async row(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>> {
    const [row] = await this.rows(text, values);
    if (row === undefined) throw new Error(`No row came of: ${text}`);
    return row;
  }

  /** The first value of the first row. */
  async value(text: string, values: readonly unknown[] = []): Promise<unknown> {
    return Object.values(await this.row(text, values))[0];
  }

  /** The values of the first column. */
  async column(text: string, values: readonly unknown[] = []): Promise<unknown[]> {
    return (await this.rows(text, values)).map((row) => Object.values(row)[0]);
  }

  /** Adds a job, of which the type and the options are said in SQL, and answers its id. */
  async enqueue(given: string): Promise<string> {
    return String(await this.value(`SELECT anyqueue.enqueue(${given})`));
  }

  /** Adds jobs, and answers what became of them. */
  async bulk(jobs: unknown, allOrNone = false): Promise<Record<string, unknown>[]> {
    return this.rows("SELECT * FROM anyqueue.enqueue_bulk($1, $2)", [JSON.stringify(jobs), allOrNone]);
  }

  /** Claims jobs. */
  async claim(given = ""): Promise<Record<string, unknown>[]> {
    return this.rows(`SELECT id, token FROM anyqueue.claim(${given})`);
  }

  /** Says of a job that was claimed what became of it, as `complete($1, $2)`. */
  async settle(verb: string, job: Record<string, unknown> | undefined): Promise<Record<string, unknown>> {
    return this.row(`SELECT * FROM anyqueue.${verb}`, [job?.["id"], job?.["token"]]);
  }

  /** The status that the views show of a job. */
  async statusOf(id: string): Promise<unknown> {
    return this.value("SELECT status FROM anyqueue.jobs WHERE id = $1", [id]);
  }

  /** Makes leases of these jobs, or of all, end a minute ago. */
  async endLeases(ids?: readonly string[]): Promise<void> {
    const past = "UPDATE anyqueue.hot_jobs SET lease_until = 1 WHERE lease_until IS NOT NULL";
    await this.rows(`${past} AND ($1::text[] IS NULL OR id = ANY ($1))`, [ids ?? null]);
  }
}

/** Counters as numbers; everything else as the driver has it. */
const NUMBERS = {
  getTypeParser: (type: number) =>
    type === pg.types.builtins.INT8 ? Number : (pg.types.getTypeParser(type) as unknown),
} as pg.CustomTypesConfig;

/** What a refusal looks like: `invalid_parameter_value`, with the remedy as a hint. */
export function refusal(message: RegExp): object {
  return {
    code: "22023",
    message: expect.stringMatching(message) as unknown,
    hint: expect.stringMatching(/\w/) as unknown,
  };
}
