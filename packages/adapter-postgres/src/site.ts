import type { Hint } from "@anyqueue/api";
import { Connection } from "./connection.ts";
import { Marks } from "./marks.ts";
import { migrate } from "./migrations.ts";
import type { Settings } from "./options.ts";
import { prepare, type Statements } from "./statements.ts";
import type { PostgresTransaction } from "./transaction.ts";
import { Write } from "./write.ts";

/** A store that is open: everything that lives from `open` to `close`. */
export class Site {
  readonly connection: Connection;
  readonly sql: Statements;
  readonly marks = new Marks();
  readonly wakeups = new LocalWakeups();
  readonly #settings: Settings;

  /** Connects and migrates; safe when many processes do it at once (P25). */
  static async open(settings: Settings): Promise<Site> {
    const connection = await Connection.open(settings);
    try {
      await migrate(connection, settings.schema);
      return new Site(settings, connection);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private constructor(settings: Settings, connection: Connection) {
    this.#settings = settings;
    this.connection = connection;
    this.sql = prepare(settings.schema);
  }

  /** Does the work, each of its statements in a transaction of its own, and then wakes whom it concerns. */
  async write<T>(work: (write: Write) => Promise<T>): Promise<T> {
    const write = new Write(this.sql, this.connection, this.#settings.durability);
    const value = await work(write);
    this.marks.drop(write.hints.lanes);
    this.wakeups.tell(write.hints.lanes, write.hints.finished);
    return value;
  }

  /** Does the work in the caller's transaction, whose commit wakes whom it concerns (P5). */
  async join<T>(caller: PostgresTransaction, work: (write: Write) => Promise<T>): Promise<T> {
    const write = new Write(this.sql, this.connection.on(caller), null);
    const value = await work(write);
    return value;
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}

class LocalWakeups {
  readonly isPushing = false;
  readonly #wakes = new Set<(hint: Hint) => void>();
  tell(lanes: Iterable<string>, finished: Iterable<string>): void {
    for (const wake of this.#wakes) {
      for (const lane of lanes) wake({ lane });
      for (const lane of finished) wake({ finished: lane });
    }
  }
  async listen(wake: (hint: Hint) => void): Promise<() => void> {
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }
}
