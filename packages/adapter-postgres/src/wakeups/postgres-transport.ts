import type { ClientConfig } from "pg";
import type { Connection } from "../connection.ts";
import type { Settings } from "../options.ts";
import { Line } from "./line.ts";
import { channelOf } from "./message.ts";
import { PostgresLink } from "./postgres-link.ts";
import type { Timing } from "./timing.ts";
import type { Hearing, Transport } from "./transport.ts";
import { within } from "./within.ts";

export interface PostgresTransportOptions {
  /** For what is sent. */
  readonly connection: Connection;
  readonly settings: Pick<Settings, "server" | "schema">;
  /** Of a direct connection to the same database for LISTEN; absent, it is made as those of the pool are. */
  readonly url?: string;
  readonly sender: string;
  readonly hearing: Hearing;
  readonly timing: Timing;
}

/**
 * NOTIFY in a transaction of its own, which nobody waits for: in the one that adds jobs, all who add would wait for each
 * other, since Postgres lets only one transaction with a NOTIFY commit at a time. It does not wait for the disk either.
 */
const NOTIFY = {
  name: "anyqueue_notify",
  text: "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)",
};

/** NOTIFY and LISTEN of Postgres, over one connection of its own for hearing. */
export class PostgresTransport implements Transport {
  readonly #options: PostgresTransportOptions;
  /** A message that says nothing: that it comes back is the proof that LISTEN works. */
  readonly #proof: string;
  readonly #proven = Promise.withResolvers<void>();
  #verdict: "open" | "heard" | "deaf" = "open";
  #isPooled = false;
  #line: Line<PostgresLink> | undefined;
  #stopped: Promise<unknown> = Promise.resolve();

  constructor(options: PostgresTransportOptions) {
    this.#options = options;
    this.#proof = JSON.stringify({ s: options.sender, proof: 1 });
  }

  get hears(): boolean {
    return this.#verdict === "heard" || (this.#verdict === "open" && !this.#isPooled);
  }

  /** Looks at once whether LISTEN works if there is a pooler in between; otherwise it does. */
  async open(): Promise<void> {
    const { connection, url, timing } = this.#options;
    if (url !== undefined) return;
    this.#isPooled = !(await connection.isDirect());
    if (!this.#isPooled) return;
    await this.listen();
    await within(timing.deadlineMs, this.#proven.promise);
    await this.deafen();
  }

  async publish(text: string): Promise<void> {
    const { connection, settings } = this.#options;
    await connection.query(NOTIFY, [channelOf(settings.schema), text]);
  }

  async listen(): Promise<void> {
    const { hearing, timing } = this.#options;
    if (this.#verdict === "deaf") return;
    this.#line ??= new Line({
      connect: (signal) => this.#connect(signal),
      onUp: (link) => {
        hearing.resync();
        if (this.#verdict === "open") void this.#prove(link);
      },
      onTrouble: (error) => hearing.warn(error instanceof Error ? error.message : String(error)),
      timing,
    });
    await within(timing.patienceMs, this.#line.tried);
  }

  async deafen(): Promise<void> {
    this.#stopped = Promise.all([this.#stopped, this.#line?.stop()]);
    this.#line = undefined;
    await this.#stopped;
  }

  async close(): Promise<void> {
    // Nobody needs to know any more.
    this.#proven.resolve();
    await this.deafen();
  }

  #connect(signal: AbortSignal): Promise<PostgresLink> {
    const { settings, url } = this.#options;
    const client = url === undefined ? clientOf(settings.server) : { connectionString: url, ...NAMED };
    const channel = channelOf(settings.schema);
    return PostgresLink.open({ client, channel, hear: (text) => this.#hear(text) }, signal);
  }

  #hear(text: string): void {
    if (text !== this.#proof) return this.#options.hearing.hear(text);
    this.#verdict = "heard";
    this.#proven.resolve();
  }

  /**
   * Sends a message over the pool and sees whether it comes back. Behind a pooler in transaction mode LISTEN succeeds, but
   * on a server connection that others have a moment later.
   */
  async #prove(link: PostgresLink): Promise<void> {
    try {
      await this.publish(this.#proof);
      if (await within(this.#options.timing.patienceMs, this.#proven.promise)) return;
      // The server sends what it has for a connection before it answers there, however busy it is.
      await link.ping();
    } catch {
      // A connection was lost; when it is back is time enough.
      return;
    }
    if (this.#verdict === "heard" || this.#line?.link !== link) return;
    this.#verdict = "deaf";
    this.#proven.resolve();
    this.#options.hearing.warn(DEAF);
    await this.deafen();
  }
}

const DEAF =
  "LISTEN has no effect over this connection, as behind a pooler in transaction mode or in another database. Give a " +
  "direct connection to the same database as `notify: { url }`, or a Redis server as `notify: { redis }`; or say " +
  "`notify: false`";

/** What a connection like those of the store is made with. */
function clientOf(server: Settings["server"]): ClientConfig {
  if ("url" in server) return { connectionString: server.url, ...NAMED };
  const { options } = server.pool;
  // The pool hides its password from being copied with the rest.
  return { ...NAMED, ...options, ...(options.password !== undefined && { password: options.password }) };
}

const NAMED = { fallback_application_name: "anyqueue" };
