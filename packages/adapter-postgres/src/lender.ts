import { QueueError } from "@anyqueue/api";
import type { Pool, PoolClient } from "pg";
import pg from "pg";
import { exhausted, explainConnecting, isPassing, type Place } from "./failures.ts";
import type { Settings } from "./options.ts";
import { type Patience, pause } from "./patience.ts";
import { openPool } from "./pool.ts";

/** So long it is taken for granted that what somebody has waited for in vain is not to be had. */
const VAIN_MS = 5000;

/** Lends connections of a pool: one of our own, or one that was given and is never ended. */
export class Lender {
  readonly place: Place;
  readonly #pool: Pool;
  readonly #isOwn: boolean;
  readonly #patience: Patience;
  /** Connections that were asked for, but not waited for any longer. */
  readonly #unclaimed = new Set<Promise<PoolClient>>();
  /** Why somebody has waited in vain, and when; until there is a connection again. */
  #vain: { readonly error: unknown; readonly at: number } | undefined;

  constructor({ server, schema }: Settings, patience: Patience) {
    this.#isOwn = "url" in server;
    this.#patience = patience;
    this.#pool = "url" in server ? openPool(server.url, server.connections, patience.ownMs) : server.pool;
    this.place = { server: nameOf(this.#pool.options), schema };
    this.#pool.on("error", ignore);
    this.#pool.on("connect", guardHandOver);
  }

  /** A connection, to be given back with `release`. @throws QueueError, mostly `UNAVAILABLE`; then nothing was sent. */
  async borrow(): Promise<PoolClient> {
    const startedAt = performance.now();
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#ask();
      } catch (error) {
        const isLate = performance.now() - startedAt > this.#patience.serverMs;
        if (isLate || !isPassing(error)) throw explainConnecting(error, this.place);
      }
      await pause(attempt);
    }
  }

  /** Ends a pool of our own once every connection has been given back. */
  async close(): Promise<void> {
    // Sockets of our own end a little later than the pool, and may have something to complain about until then.
    if (this.#isOwn) await this.#pool.end();
    else this.#pool.off("error", ignore).off("connect", guardHandOver);
  }

  /** A place in the pool's queue cannot be left, so that whoever comes next takes that of one who gave up. */
  async #ask(): Promise<PoolClient> {
    const [waiting] = this.#unclaimed;
    if (waiting !== undefined) this.#unclaimed.delete(waiting);
    const asked = waiting ?? this.#connect();
    const vain = this.#vain !== undefined && performance.now() - this.#vain.at < VAIN_MS ? this.#vain : undefined;
    // With a bound of its own, a pool tells of a full queue and of a silent server.
    const isBounded = vain === undefined && this.#pool.options.connectionTimeoutMillis;
    const ms = vain === undefined ? this.#patience.poolMs : this.#patience.againMs;
    const client = isBounded ? await asked : await within(ms, asked);
    if (client !== undefined) return client;
    this.#unclaimed.add(asked);
    asked.then(
      (late) => this.#unclaimed.delete(asked) && late.release(),
      () => this.#unclaimed.delete(asked),
    );
    if (vain !== undefined) throw vain.error;
    this.#vain = { error: this.#exhausted(), at: performance.now() };
    throw this.#vain.error;
  }

  async #connect(): Promise<PoolClient> {
    try {
      const client = await this.#pool.connect();
      this.#vain = undefined;
      return client;
    } catch (cause) {
      const told = cause instanceof Error ? cause.message : "";
      const isFull = told.startsWith("timeout exceeded");
      const error = isFull ? this.#exhausted(cause) : cause;
      // A pool of our own that is full is full of work that goes on.
      const isVain = isFull ? !this.#isOwn : told.endsWith("due to connection timeout");
      if (isVain) this.#vain ??= { error, at: performance.now() };
      else this.#vain = undefined;
      throw error;
    }
  }

  #exhausted(cause?: unknown): QueueError {
    const { max, connectionTimeoutMillis } = this.#pool.options;
    return exhausted((connectionTimeoutMillis || this.#patience.poolMs) / 1000, max, this.place, cause);
  }
}

/** Read by the driver, as it adds what the URL leaves out. A password is no part of it. */
function nameOf(options: pg.PoolConfig): string {
  try {
    const { host, port, database } = new pg.Client(options);
    return `postgres at ${host.includes(":") ? `[${host}]` : host}:${port}/${database ?? ""}`;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new QueueError(
      "INVALID",
      `Cannot open the postgres queue: its URL cannot be used (${reason}). One looks like postgres://user:password@host:5432/database.`,
      { cause },
    );
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), ms)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** An idle connection that died has left the pool already; unheard, its error would end the process. */
function ignore(): void {}

/**
 * Hears of the loss of a connection that the server ends in the same breath in which it accepts it: then the pool does not
 * listen any more, and whoever asked for the connection, not yet.
 */
function guardHandOver(client: PoolClient): void {
  client.on("error", ignore);
  setImmediate(() => client.off("error", ignore));
}
