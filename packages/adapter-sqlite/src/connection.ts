import type { Database, Statement } from "better-sqlite3";
import { Checkpointer } from "./checkpointer.ts";
import { Committer } from "./committer.ts";
import { locate, openDatabase } from "./database.ts";
import { explain } from "./failures.ts";
import { FileIdentity } from "./file-identity.ts";
import { ListStatements } from "./list.ts";
import { MEMORY, type SqliteOptions } from "./options.ts";
import { patiently } from "./patience.ts";
import { prepare, type Statements } from "./statements.ts";
import { Watcher } from "./watcher.ts";

/**
 * The one connection of an adapter, for writing and for reading. Both run synchronously, so a second connection for
 * reads could do nothing at the same time; and only on the writing connection does the data version leave out what this
 * process has committed itself.
 */
export class Connection {
  readonly sql: Statements;
  readonly lists: ListStatements;
  readonly committer: Committer;
  readonly watcher: Watcher;
  readonly #db: Database;
  readonly #path: string;
  readonly #checkpointer: Checkpointer | undefined;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;

  static async open(options: SqliteOptions): Promise<Connection> {
    const path = locate(options.path);
    try {
      const db = await patiently(path, () => openDatabase(options));
      return new Connection(db, path);
    } catch (error) {
      throw explain(error, path);
    }
  }

  private constructor(db: Database, path: string) {
    this.#db = db;
    this.#path = path;
    this.#begin = db.prepare<[]>("BEGIN DEFERRED");
    this.#commit = db.prepare<[]>("COMMIT");
    this.sql = prepare(db);
    this.lists = new ListStatements(db);
    this.watcher = new Watcher(db, path);
    this.#checkpointer = path === MEMORY ? undefined : new Checkpointer(db, path);
    const file = path === MEMORY ? undefined : new FileIdentity(path);
    this.committer = new Committer(db, this.sql, path, {
      beforeCommit: () => file?.check(),
      afterCommit: (hints) => {
        this.#checkpointer?.committed();
        this.watcher.tell(hints);
      },
    });
  }

  /** Reads from one snapshot; waits only in the rare case that another process keeps readers out for a moment. */
  async read<T>(work: () => T): Promise<T> {
    try {
      return await patiently(this.#path, () => this.#snapshot(work));
    } catch (error) {
      throw explain(error, this.#path);
    }
  }

  /** One transaction for all the statements is also cheaper: each by itself would take and leave the reader's lock. */
  #snapshot<T>(work: () => T): T {
    this.#begin.run();
    try {
      return work();
    } finally {
      if (this.#db.inTransaction) this.#commit.run();
    }
  }

  /** Waits for what was asked for before, then leaves the store as one file where no other process has it open (P25). */
  async close(): Promise<void> {
    this.watcher.stop();
    await this.committer.idle();
    this.#checkpointer?.close();
    this.#db.close();
  }
}
