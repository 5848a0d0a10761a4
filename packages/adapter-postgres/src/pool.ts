import pg from "pg";

/** A connection lives this long at most, so that the servers behind a name share the load again after a failover. */
const LIFETIME_S = 1800;
/** An idle connection is given up after this time. */
const IDLE_MS = 60_000;
/** A peer that is gone without a word is noticed by the system some seconds after this. */
const KEEP_ALIVE_MS = 10_000;

/**
 * No statement of ours takes nearly as long. Of a server that was cut off without a word, the system would tell only after a
 * quarter of an hour; until then, whatever travels together with the statement would wait.
 */
const ANSWER_MS = 60_000;

/** A pool of our own, in which nobody waits longer than `patienceMs` milliseconds. */
export function openPool(url: string, connections: number, patienceMs: number): pg.Pool {
  return new pg.Pool({
    Client: TidyClient,
    connectionString: url,
    // The name in the URL or in PGAPPNAME goes before.
    fallback_application_name: "anyqueue",
    max: connections,
    connectionTimeoutMillis: patienceMs,
    // That in the URL goes before.
    query_timeout: ANSWER_MS,
    idleTimeoutMillis: IDLE_MS,
    maxLifetimeSeconds: LIFETIME_S,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    // A program that has nothing more to do may end, as with every other backend.
    allowExitOnIdle: true,
  });
}

/**
 * Closes its socket when logging in comes to nothing, for instance for want of a password. The driver would leave it open,
 * and the server and this process would wait for each other for a minute.
 */
class TidyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.connection.on("error", () => this.connection.stream.destroy());
  }
}
