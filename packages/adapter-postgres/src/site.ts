import type { Hint, Unsubscribe } from "@anyqueue/api";
import { Connection } from "./connection.ts";
import { HistoryKeeper } from "./history-keeper.ts";
import { Marks } from "./marks.ts";
import { migrate } from "./migrations.ts";
import type { Settings } from "./options.ts";
import { Pairing } from "./pairing.ts";
import { prepare, type Statements } from "./statements.ts";
import type { PostgresTransaction } from "./transaction.ts";
import { Wakeups } from "./wakeups/wakeups.ts";
import { Write } from "./write.ts";

/** A store that is open: everything that lives from `open` to `close`. */
export class Site {
  readonly connection: Connection;
  readonly sql: Statements;
  readonly wakeups: Wakeups;
  readonly pairing: Pairing;
  readonly marks = new Marks();
  readonly #settings: Settings;
  readonly #keeper: HistoryKeeper;

  /** Connects and migrates; safe when many processes do it at once (P25). */
  static async open(settings: Settings): Promise<Site> {
    const connection = await Connection.open(settings);
    const site = new Site(settings, connection);
    try {
      await migrate(connection, settings);
      await site.#keeper.start();
      await site.wakeups.open();
      return site;
    } catch (error) {
      await site.close();
      throw error;
    }
  }

  private constructor(settings: Settings, connection: Connection) {
    this.#settings = settings;
    this.connection = connection;
    this.sql = prepare(settings.schema);
    this.#keeper = new HistoryKeeper(connection, settings.schema);
    this.pairing = new Pairing(connection, this.sql);
    this.wakeups = new Wakeups({ connection, settings });
  }

  /** Does the work, each of its statements in a transaction of its own, and then wakes whom it concerns. */
  async write<T>(work: (write: Write) => Promise<T>): Promise<T> {
    const write = new Write(this.sql, this.connection, this.#settings.durability, this.pairing);
    try {
      return await work(write);
    } finally {
      // Also of a call that failed half way.
      const { lanes, finished } = write.hints;
      if (lanes.size > 0) this.marks.drop(lanes);
      this.wakeups.tell(lanes, finished);
    }
  }

  /** Does the work in the caller's transaction, whose commit wakes whom it concerns (P5). */
  async join<T>(caller: PostgresTransaction, work: (write: Write) => Promise<T>): Promise<T> {
    const server = this.connection.on(caller);
    const write = new Write(this.sql, server, null);
    const value = await work(write);
    const notice = this.wakeups.noticeFor(write.hints.lanes, write.hints.finished);
    if (notice !== undefined) await server.answer(notice, notice.values);
    return value;
  }

  /** Calls `wake` with hints until unsubscribed (P24). */
  async listen(wake: (hint: Hint) => void): Promise<Unsubscribe> {
    return this.wakeups.listen((hint) => {
      if ("lane" in hint) this.marks.doubt([hint.lane]);
      else if ("resync" in hint) this.marks.clear();
      wake(hint);
    });
  }

  async close(): Promise<void> {
    await this.#keeper.stop();
    await this.wakeups.close();
    await this.connection.close();
  }
}
