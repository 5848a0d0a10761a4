import { setTimeout as sleep } from "node:timers/promises";
import type { Timing } from "./timing.ts";

/** A connection that is up. */
export interface Link {
  /** Resolves with the reason when it is gone, whoever ended it. */
  readonly gone: Promise<unknown>;
  /** When something last came from the other side, by `performance.now()`. */
  readonly heardAt: number;
  /** Resolves when the other side has answered. */
  ping(): Promise<unknown>;
  /** Ends it, soon even when nobody answers. */
  end(): Promise<void>;
}

export interface LineOptions<L extends Link> {
  /** Makes a connection; given up, with nothing left behind, when the signal aborts. */
  readonly connect: (signal: AbortSignal) => Promise<L>;
  readonly onUp: (link: L) => void;
  /** It does not come up, or does not stay up: told once until it has been up for a while. */
  readonly onTrouble: (error: unknown) => void;
  readonly timing: Timing;
}

/** Attempts in vain that are nothing to speak of, as during a restart. */
const PASSING = 4;

const MAX_RETRY_MS = 10_000;

/** A connection that was up for so long came to an end of its own; one that was not is a failed attempt like any other. */
const GOOD_MS = 60_000;

/**
 * Keeps one connection up: makes it again when it is lost, sees that the other side is still there, and keeps no process
 * alive.
 */
export class Line<L extends Link> {
  readonly #options: LineOptions<L>;
  readonly #stopping = new AbortController();
  readonly #tried = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  #link: L | undefined;
  #isTroubled = false;

  constructor(options: LineOptions<L>) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** The connection, while it is up. */
  get link(): L | undefined {
    return this.#link;
  }

  /** Resolves when the first attempt has come to something or to nothing. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  /** Ends the connection, and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; await this.#pause(failures)) {
      const begun = performance.now();
      try {
        await this.#stay();
      } catch (error) {
        this.#tried.resolve();
        if (signal.aborted) return;
        const wasGood = performance.now() - begun > GOOD_MS;
        failures = wasGood ? 1 : failures + 1;
        if (wasGood) this.#isTroubled = false;
        if (failures > PASSING) this.#complain(error);
      }
    }
  }

  /** Connects, and stays until the connection is lost; then it rejects with the reason. */
  async #stay(): Promise<never> {
    const link = await this.#connect();
    try {
      this.#link = link;
      this.#options.onUp(link);
      this.#tried.resolve();
      return await this.#watch(link);
    } finally {
      this.#link = undefined;
      await link.end();
    }
  }

  async #connect(): Promise<L> {
    const { connect, timing } = this.#options;
    const attempt = new AbortController();
    const giveUp = (): void => attempt.abort();
    this.#stopping.signal.addEventListener("abort", giveUp);
    const timer = setTimeout(giveUp, timing.deadlineMs);
    try {
      return await connect(attempt.signal);
    } finally {
      clearTimeout(timer);
      this.#stopping.signal.removeEventListener("abort", giveUp);
    }
  }

  /** Asks the other side whether it is there when nothing came from it for a while. */
  async #watch(link: L): Promise<never> {
    const { pingMs } = this.#options.timing;
    const over = new AbortController();
    const stop = (): void => over.abort(new Error("It was stopped."));
    this.#stopping.signal.addEventListener("abort", stop);
    if (this.#stopping.signal.aborted) stop();
    void link.gone.then((reason) => over.abort(reason));
    try {
      for (;;) {
        over.signal.throwIfAborted();
        const pause = link.heardAt + pingMs - performance.now();
        if (pause > 0) await sleep(pause, undefined, { ref: false, signal: over.signal });
        else await this.#ping(link, over);
      }
    } catch (error) {
      throw over.signal.aborted ? over.signal.reason : error;
    } finally {
      this.#stopping.signal.removeEventListener("abort", stop);
    }
  }

  async #ping(link: L, over: AbortController): Promise<void> {
    const { deadlineMs } = this.#options.timing;
    const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
    const giveUp = (): void => over.abort(new Error(`No answer came within ${deadlineMs} ms.`));
    const timer = setTimeout(giveUp, deadlineMs).unref();
    over.signal.addEventListener("abort", stop);
    try {
      await Promise.race([link.ping(), stopped]);
    } finally {
      clearTimeout(timer);
      over.signal.removeEventListener("abort", stop);
    }
  }

  /** At random, so that all who lost the same server do not come back at once. */
  async #pause(failures: number): Promise<void> {
    const { signal } = this.#stopping;
    const pause = Math.min(this.#options.timing.retryMs * 2 ** (failures - 1), MAX_RETRY_MS);
    await sleep(pause * (0.5 + Math.random() / 2), undefined, { ref: false, signal }).catch(() => undefined);
  }

  #complain(error: unknown): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    this.#options.onTrouble(error);
  }
}
