import type { Session } from "./connection.ts";

/** About once an hour, at random so that processes do not march in step. */
const PERIOD_MS = 3_600_000;

/**
 * Keeps the partitions of the history ahead of the days, and drops those that are empty. Any process may do it at any
 * time; what could not be done without making others wait, or failed, is tried again by the next.
 */
export class HistoryKeeper {
  readonly #session: Session;
  readonly #tend: string;
  #timer: NodeJS.Timeout | undefined;
  #tending: Promise<void> | undefined;
  #isStopped = false;

  constructor(session: Session, schema: string) {
    this.#session = session;
    this.#tend = `SELECT ${schema}.tend_history()`;
  }

  /** Does it now, and from now on every hour. */
  async start(): Promise<void> {
    this.#tending = this.#try();
    await this.#tending;
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.start(), PERIOD_MS * (0.5 + Math.random())).unref();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#tending;
  }

  /** Jobs are kept with or without it, so a failure is nobody's concern. */
  async #try(): Promise<void> {
    try {
      // A step at a time, each in a transaction of its own, so that nobody waits for more than one of them.
      let done: unknown;
      do {
        const [row] = await this.#session.query(this.#tend);
        done = row?.[0];
      } while (!this.#isStopped && Number(done) > 0);
    } catch {
      // The next time will do.
    }
  }
}
