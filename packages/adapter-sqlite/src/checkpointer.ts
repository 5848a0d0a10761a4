import { statSync } from "node:fs";
import type { Database } from "better-sqlite3";

/** SQLite itself copies committed pages back when the log holds this many; it waits for nobody. */
const AUTOMATIC_PAGES = 4000;

/** A log file larger than this is cut off, in bytes. It gets there when readers or other writers are never all away. */
const LARGE = 64 * 1024 * 1024;

/** How many commits may pass between two looks at the size of the log. */
const COMMITS_PER_LOOK = 200;

/** After this long without a commit the log is emptied, so that a store at rest is one file, in milliseconds. */
const REST_MS = 2000;

/**
 * Keeps the write-ahead log small. The usual checkpoint is SQLite's own, after a commit; on top of it the log is cut off
 * where it grew all the same, and when the store is at rest. None of these waits: where a reader is in the way, the next
 * attempt will do it.
 */
export class Checkpointer {
  readonly #db: Database;
  readonly #log: string;
  #commits = 0;
  #commitsAtRest = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Database, path: string) {
    this.#db = db;
    this.#log = `${path}-wal`;
    db.pragma(`wal_autocheckpoint = ${AUTOMATIC_PAGES}`);
  }

  /** To be called after each commit. */
  committed(): void {
    this.#commits++;
    this.#timer ??= setInterval(() => this.#rest(), REST_MS).unref();
    if (this.#commits % COMMITS_PER_LOOK === 0 && this.#size() > LARGE) this.#truncate();
  }

  /** Empties the log once more. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#truncate();
  }

  #rest(): void {
    if (this.#commits !== this.#commitsAtRest) {
      this.#commitsAtRest = this.#commits;
      return;
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#truncate();
  }

  #size(): number {
    return statSync(this.#log, { throwIfNoEntry: false })?.size ?? 0;
  }

  #truncate(): void {
    try {
      this.#db.pragma("wal_checkpoint(TRUNCATE)");
    } catch {
      // Somebody reads or writes. Nothing is lost: the log is whole, only longer than it need be.
    }
  }
}
