import { randomUUID } from "node:crypto";
import pg from "pg";
import { OwnServer } from "../packages/adapter-postgres/test/own-server.ts";

/**
 * Makes empty databases for programs that need Postgres: on the server that `ANYQUEUE_TEST_POSTGRES_URL` names, or else on
 * one that is started for the first of them.
 */
export class Databases {
  readonly #names: string[] = [];
  #own: OwnServer | undefined;

  /** The URL of a new database. @throws when there is no server and none can be started here. */
  async create(): Promise<string> {
    const name = `anyqueue_${randomUUID().replaceAll("-", "")}`;
    const url = new URL(await this.#server());
    await run(url, `CREATE DATABASE ${name}`);
    this.#names.push(name);
    url.pathname = `/${name}`;
    return url.href;
  }

  /** Removes them, with the server if it was started for them. */
  async dispose(): Promise<void> {
    if (this.#own !== undefined) return this.#own.dispose();
    for (const name of this.#names) await run(new URL(await this.#server()), `DROP DATABASE ${name} WITH (FORCE)`);
  }

  async #server(): Promise<string> {
    const named = process.env["ANYQUEUE_TEST_POSTGRES_URL"];
    if (named !== undefined && named !== "") return named;
    this.#own ??= await OwnServer.start();
    return this.#own.url;
  }
}

async function run(url: URL, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(text);
  await client.end();
}
