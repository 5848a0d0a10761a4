import { QueueError } from "@anyqueue/api";
import type { ClientBase, PoolClient } from "pg";
import { explain, isBroken, isConflict, isOutdatedPlan, type Place } from "./failures.ts";
import { Lender } from "./lender.ts";
import type { Settings } from "./options.ts";
import { MOST_CONFLICTS, PATIENCE, type Patience, pause } from "./patience.ts";
import { PLAIN_VALUES } from "./plain-values.ts";
import { type PostgresTransaction, queryAnswer, readAnswer } from "./transaction.ts";

/** The rows of a result, each an array of plain values: numbers, booleans, null, and text for everything else. */
export type Rows = readonly (readonly unknown[])[];

/** A statement; with a name, which no other text may have, a connection keeps it prepared unless `prepare` is false. */
export interface Command {
  readonly text: string;
  readonly name?: string;
}

/** Where commands run, each in a transaction of its own or all of them in the caller's. */
export interface Answering {
  /** The one value of a command that answers JSON as text in a column `answer`, parsed; null when there is none. */
  answer(command: Command, values: readonly unknown[]): Promise<unknown>;
}

/** Where commands run one after the other in one transaction. */
export interface Session {
  /** Without values a text may hold several statements; the rows are then those of the last. */
  query(command: Command | string, values?: readonly unknown[]): Promise<Rows>;
}

/** Older servers lack what the SQL leans on. */
const OLDEST_SERVER = 13;

/** Whatever the user's default: who waited for a lock has to see what was done under it. */
const BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/** Longer than any migration: a timer has no larger number, and none at all means that of the connection. */
const UNBOUNDED = { query_timeout: 2 ** 31 - 1 };

/**
 * All that an adapter says to its server. A statement that the server undid for the sake of others is sent again; one
 * whose connection broke is not, since it may have taken effect: that is `UNAVAILABLE`, and left to the caller.
 */
export class Connection implements Session, Answering {
  readonly #lender: Lender;
  readonly #mayPrepare: boolean;
  #inFlight = 0;
  #onIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  /** Reaches the server and sees that it will do. @throws QueueError `UNAVAILABLE`, `INVALID` or `UNSUPPORTED`. */
  static async open(settings: Settings, patience: Patience = PATIENCE): Promise<Connection> {
    const connection = new Connection(settings, patience);
    try {
      await connection.#checkServer();
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private constructor(settings: Settings, patience: Patience) {
    this.#lender = new Lender(settings, patience);
    this.#mayPrepare = settings.prepare;
  }

  /** Server and schema, as messages name them. */
  get place(): Place {
    return this.#lender.place;
  }

  async query(command: Command | string, values: readonly unknown[] = []): Promise<Rows> {
    return this.#insist((client) => this.#send(client, command, values));
  }

  async answer(command: Command, values: readonly unknown[]): Promise<unknown> {
    const [row] = await this.query(command, values);
    return readAnswer(row);
  }

  /** The same inside the caller's own transaction (P5), sent once: only the caller can begin it again. */
  on(tx: PostgresTransaction): Answering {
    return { answer: ({ text }, values) => queryAnswer(tx, this.place, text, values) };
  }

  /** Does the work in one transaction. It is done again when the server undoes it, so it may touch nothing else. */
  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#insist(async (client) => {
      await client.query(BEGIN);
      try {
        const value = await work({ query: (command, values = []) => this.#send(client, command, values, UNBOUNDED) });
        await client.query({ text: "COMMIT", ...UNBOUNDED });
        return value;
      } catch (error) {
        await client.query("ROLLBACK").catch(() => undefined);
        throw error;
      }
    });
  }

  /** Whether connections lead to the server itself: a pooler in between makes up the process id that it tells. */
  async isDirect(): Promise<boolean> {
    return this.#insist(async (client) => {
      const [row] = await this.#send(client, "SELECT pg_backend_pid()", []);
      return row?.[0] === (client as { readonly processID?: unknown }).processID;
    });
  }

  /** Waits for what is in flight. Ends a pool of our own; one that was given stays as it is (P25). */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#inFlight > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.#lender.close();
  }

  async #checkServer(): Promise<void> {
    const [row] = await this.query(
      "SELECT current_setting('server_version'), current_setting('server_encoding'), pg_is_in_recovery()",
    );
    const [version, encoding, isStandby] = row as [string, string, boolean];
    const { server } = this.place;
    if (Number.parseInt(version) < OLDEST_SERVER) {
      throw new QueueError("UNSUPPORTED", `${server} is version ${version}; ${OLDEST_SERVER} or newer is needed.`);
    }
    if (encoding !== "UTF8") {
      const remedy = "Create one with ENCODING 'UTF8' TEMPLATE template0.";
      throw new QueueError("UNSUPPORTED", `${server} keeps ${encoding}, which cannot hold every payload. ${remedy}`);
    }
    if (isStandby) throw explain(Object.assign(new Error("it is in recovery"), { code: "25006" }), this.place);
  }

  async #insist<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) {
      throw new QueueError("CLOSED", `The store on ${this.place.server} is closed. Call open() first.`);
    }
    this.#inFlight++;
    try {
      for (let attempt = 1; ; attempt++) {
        const client = await this.#lender.borrow();
        try {
          return await lent(client, work);
        } catch (error) {
          const isUndone = isConflict(error) || isOutdatedPlan(error);
          if (!isUndone || attempt === MOST_CONFLICTS) throw explain(error, this.place);
        }
        await pause(attempt);
      }
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) this.#onIdle?.();
    }
  }

  async #send(client: ClientBase, command: Command | string, values: readonly unknown[], bound = {}): Promise<Rows> {
    const { text, name } = typeof command === "string" ? { text: command } : command;
    const isNamed = name !== undefined && this.#mayPrepare;
    const query = {
      text,
      values: [...values],
      rowMode: "array" as const,
      types: PLAIN_VALUES,
      ...(isNamed && { name }),
      ...bound,
    };
    const result: unknown = await client.query(query);
    // Of several statements there are several results.
    const { rows } = (Array.isArray(result) ? result.at(-1) : result) as { rows: Rows };
    return rows;
  }
}

/** Gives the connection back whatever comes; one that is of no more use leaves the pool. */
async function lent<T>(client: PoolClient, work: (client: PoolClient) => Promise<T>): Promise<T> {
  // Its loss is told to the statement that is under way; unheard, the event beside it would end the process.
  const ignore = (): void => undefined;
  client.on("error", ignore);
  try {
    const value = await work(client);
    client.release();
    return value;
  } catch (error) {
    client.release(isBroken(error) || isOutdatedPlan(error));
    throw error;
  } finally {
    client.off("error", ignore);
  }
}
