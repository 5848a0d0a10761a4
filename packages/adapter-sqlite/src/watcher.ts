import type { Hint } from "@anyqueue/api";
import type { Database, Statement } from "better-sqlite3";
import { FileAlarm } from "./file-alarm.ts";
import { MEMORY } from "./options.ts";

/**
 * How long to wait between two looks, in milliseconds: just after the file was written, when that was a while ago and
 * nothing else would tell, and when the operating system tells.
 */
const PAUSE_MS = { busy: 1, quiet: 10, asleep: 250 } as const;

/** For how long to look without a pause when another connection has begun to write, in milliseconds. */
const CLOSELY_MS = 1;

/** How much longer each pause is than the one before while nothing happens. */
const SLOWDOWN = 1.25;

/**
 * Hears other connections commit, by SQLite's data version: a number that changes when another connection has changed
 * the file, and not by what this one commits, which is told precisely. When the file is at rest it sleeps, and the
 * operating system wakes it at the next write. That may come a little before the commit can be seen, so it then looks at
 * every turn of the event loop, and after that every millisecond for a while. It does all this only while somebody listens.
 */
export class Watcher {
  readonly #dataVersion: Statement<[], number>;
  /** Absent where the database is in memory, so that there are no others. */
  readonly #alarm: FileAlarm | undefined;
  readonly #listeners = new Set<(hint: Hint) => void>();
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  /** True when this connection has written since the alarm was set, so that it is probably what rings. */
  #isWriter = false;
  #pause: number = PAUSE_MS.busy;
  #seen: number | undefined;

  constructor(db: Database, path: string) {
    this.#dataVersion = db.prepare<[], number>("PRAGMA data_version").pluck() as Statement<[], number>;
    this.#alarm = path === MEMORY ? undefined : new FileAlarm(`${path}-wal`, () => this.#wakeUp());
  }

  /** Calls `wake` until the function that comes back is called. */
  listen(wake: (hint: Hint) => void): () => void {
    // A function of its own, so that one who listens twice can leave once.
    const listener = (hint: Hint) => wake(hint);
    this.#listeners.add(listener);
    if (this.#timer === undefined) this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.stop();
    };
  }

  /** Tells what this connection has committed. */
  tell(hints: Iterable<Hint>): void {
    this.#isWriter = true;
    this.#pass(hints);
  }

  #pass(hints: Iterable<Hint>): void {
    if (this.#listeners.size === 0) return;
    for (const hint of hints) {
      for (const listener of this.#listeners) {
        try {
          listener(hint);
        } catch {
          // A hint is only a hint: who cannot take it finds the job by polling, and commits must not stop over it.
        }
      }
    }
  }

  stop(): void {
    this.#listeners.clear();
    this.#alarm?.stop();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    clearImmediate(this.#turn);
  }

  #start(): void {
    if (this.#alarm === undefined) return;
    this.#seen = this.#look();
    this.#pause = PAUSE_MS.busy;
    this.#schedule();
  }

  /** Something was written, by whomever. */
  #wakeUp(): void {
    this.#pause = PAUSE_MS.busy;
    clearTimeout(this.#timer);
    if (this.#isWriter) this.#schedule();
    else this.#lookClosely(performance.now() + CLOSELY_MS);
  }

  #lookClosely(until: number): void {
    if (this.#look() !== this.#seen || performance.now() > until) this.#goOn();
    else this.#turn = setImmediate(() => this.#lookClosely(until));
  }

  #goOn(): void {
    this.#check();
    if (this.#listeners.size > 0) this.#schedule();
  }

  #schedule(): void {
    this.#timer = setTimeout(() => this.#goOn(), this.#pause).unref();
  }

  #check(): void {
    const version = this.#look();
    if (version !== this.#seen) {
      this.#seen = version;
      this.#alarm?.stop();
      this.#pause = PAUSE_MS.busy;
      this.#pass([{ resync: true }]);
    } else if (this.#pause < PAUSE_MS.quiet) {
      this.#pause = Math.min(this.#pause * SLOWDOWN, PAUSE_MS.quiet);
      // What was written before it was set is seen at the next look, which still comes soon.
      if (this.#pause === PAUSE_MS.quiet) this.#fallAsleep();
    } else {
      this.#pause = this.#alarm?.isSet ? PAUSE_MS.asleep : PAUSE_MS.quiet;
    }
  }

  #fallAsleep(): void {
    this.#isWriter = false;
    this.#alarm?.set();
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
