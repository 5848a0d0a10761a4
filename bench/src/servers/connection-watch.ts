import { Client } from "pg";
import { serverUrl } from "./postgres.ts";

const EVERY_MS = 200;

/** Looks now and then how many clients are connected, and counts the deadlocks meanwhile. */
export class ConnectionWatch implements AsyncDisposable {
  readonly #client: Client;
  readonly #before: number;
  readonly #timer: NodeJS.Timeout;
  #most = 0;
  #look: Promise<void> | undefined;

  private constructor(client: Client, before: number) {
    this.#client = client;
    this.#before = before;
    this.#timer = setInterval(() => {
      // A look that fails is told by the result, which asks the same server. A busy one may take longer than until the next.
      this.#look ??= this.#count()
        .catch(() => undefined)
        .finally(() => (this.#look = undefined));
    }, EVERY_MS);
  }

  static async start(): Promise<ConnectionWatch> {
    const client = new Client({ connectionString: serverUrl() });
    // A connection that breaks while nothing is asked, as when the server is stopped after a failure.
    client.on("error", () => undefined);
    await client.connect();
    return new ConnectionWatch(client, await deadlocks(client));
  }

  /** To be asked for when the clients are gone, since a connection reports a deadlock at the latest when it ends. */
  async result(): Promise<{ readonly connections: number; readonly deadlocks: number }> {
    await this.#look;
    return { connections: this.#most, deadlocks: (await deadlocks(this.#client)) - this.#before };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#look;
    await this.#client.end();
  }

  async #count(): Promise<void> {
    const { rows } = await this.#client.query<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    );
    this.#most = Math.max(this.#most, rows[0]?.count ?? 0);
  }
}

async function deadlocks(client: Client): Promise<number> {
  const { rows } = await client.query<{ deadlocks: number }>(
    "select deadlocks::int as deadlocks from pg_stat_database where datname = current_database()",
  );
  return rows[0]?.deadlocks ?? 0;
}
