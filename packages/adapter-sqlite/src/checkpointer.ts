import { statSync } from "node:fs";
import type { Database } from "better-sqlite3";

/**
 * SQLite itself copies committed pages back when the log holds this many, and then writes it from the beginning again.
 * A log that is written over needs a cheaper fsync than one that grows, so more pages make the first thousands slower.
 */
const AUTOMATIC_PAGES = 2000;

/** A log file larger than this is cut off, in bytes. It gets there when readers or other writers are never all away. */
const LARGE = 64 * 1024 * 1024;

/** How many commits may pass between two looks at the size of the log. */
const COMMITS_PER_LOOK = 200;

/** After this long without a commit what is left in the log is copied back, in milliseconds. */
const REST_MS = 2000;

/**
 * Keeps the write-ahead log small. The usual checkpoint is SQLite's own, after a commit; beside it the log is cut off
 * where it grew all the same, and copied back when the store is at rest. None of these waits: where somebody is in the
 * way, the next attempt will do it.
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
    db.pragma(`journal_size_limit = ${LARGE}`);
  }

  /** To be called after each commit. */
  committed(): void {
    this.#commits++;
    this.#timer ??= setInterval(() => this.#rest(), REST_MS).unref();
    if (this.#commits % COMMITS_PER_LOOK === 0 && this.#size() > LARGE) this.#checkpoint("TRUNCATE");
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#checkpoint("TRUNCATE");
  }

  #rest(): void {
    if (this.#commits !== this.#commitsAtRest) {
      this.#commitsAtRest = this.#commits;
      return;
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#checkpoint(this.#size() > LARGE ? "TRUNCATE" : "PASSIVE");
  }

  #size(): number {
    return statSync(this.#log, { throwIfNoEntry: false })?.size ?? 0;
  }

  #checkpoint(mode: "PASSIVE" | "TRUNCATE"): void {
    try {
      this.#db.pragma(`wal_checkpoint(${mode})`);
    } catch {
      // Somebody reads or writes, or the disk is full. Nothing is lost: the log is whole, only longer than it need be.
    }
  }
}
