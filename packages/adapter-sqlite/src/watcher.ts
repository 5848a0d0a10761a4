import type { Hint } from "@anyqueue/api";
import type { Database, Statement } from "better-sqlite3";

/** How often to look, in milliseconds: right after something happened, and at most while nothing does. */
const PAUSE_MS = { busy: 1, idle: 10 } as const;

/** How much longer each pause is than the one before while nothing happens. */
const SLOWDOWN = 1.1;

/**
 * Hears other connections commit, by SQLite's data version: a number that changes when another connection has changed
 * the file, and not by what this one commits, which is told precisely. It looks only while somebody listens.
 */
export class Watcher {
  readonly #dataVersion: Statement<[], number>;
  readonly #listeners = new Set<(hint: Hint) => void>();
  #timer: NodeJS.Timeout | undefined;
  #pause: number = PAUSE_MS.busy;
  #seen: number | undefined;

  constructor(db: Database) {
    this.#dataVersion = db.prepare<[], number>("PRAGMA data_version").pluck() as Statement<[], number>;
  }

  /** Calls `wake` until the function that comes back is called. */
  listen(wake: (hint: Hint) => void): () => void {
    // A function of its own, so that one who listens twice can leave once.
    const listener = (hint: Hint) => wake(hint);
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      this.#seen = this.#look();
      this.#schedule();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.stop();
    };
  }

  /** Tells what this connection has committed. */
  tell(hints: Iterable<Hint>): void {
    if (this.#listeners.size === 0) return;
    for (const hint of hints) {
      for (const listener of this.#listeners) listener(hint);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#check();
      if (this.#timer !== undefined) this.#schedule();
    }, this.#pause).unref();
  }

  #check(): void {
    const version = this.#look();
    if (version === this.#seen) {
      this.#pause = Math.min(this.#pause * SLOWDOWN, PAUSE_MS.idle);
      return;
    }
    this.#seen = version;
    this.#pause = PAUSE_MS.busy;
    this.tell([{ resync: true }]);
  }

  /** The version seen last where the file cannot be read just now; the next look will tell. */
  #look(): number | undefined {
    try {
      return this.#dataVersion.get();
    } catch {
      return this.#seen;
    }
  }
}
