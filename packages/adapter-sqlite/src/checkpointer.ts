import { statSync } from "node:fs";
import type { Database } from "better-sqlite3";

/**
 * SQLite itself copies committed pages back when the log holds this many, and then writes it from the beginning again.
 * A log that is written over needs a cheaper fsync than one that grows, so more pages make the first thousands slower.
 */
const AUTOMATIC_PAGES = 2000;

/** A log file larger than this is cut off, in bytes. It gets there when readers or other writers are never all away. */
const LARGE = 64 * 1024 * 1024;

/** How long to commit without a look at the size of the log, in milliseconds. A single commit may be of many megabytes. */
const LOOK_MS = 100;

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
  #lookedAt = 0;
  #isTooLong = false;
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
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    this.#look();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#checkpoint("TRUNCATE");
  }

  /**
   * SQLite's own checkpoint lets others write meanwhile. Where somebody always does, it never comes to the end of the log,
   * which then is never written from its beginning again. So it is left out once the log is too long: the next look comes
   * right behind a commit, when nobody has the lock yet, and keeps the others out until the log is cut off.
   */
  #look(): void {
    const isTooLong = this.#size() > LARGE && !this.#checkpoint("TRUNCATE");
    if (isTooLong === this.#isTooLong) return;
    this.#isTooLong = isTooLong;
    this.#db.pragma(`wal_autocheckpoint = ${isTooLong ? 0 : AUTOMATIC_PAGES}`);
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

  /** Answers whether it came to its end. */
  #checkpoint(mode: "PASSIVE" | "TRUNCATE"): boolean {
    try {
      return this.#db.pragma(`wal_checkpoint(${mode})`, { simple: true }) === 0;
    } catch {
      // The disk is full, for instance. Nothing is lost: the log is whole, only longer than it need be.
      return false;
    }
  }
}
