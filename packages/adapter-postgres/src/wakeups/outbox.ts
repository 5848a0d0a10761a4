import { encodeMessage } from "./message.ts";
import type { Timing } from "./timing.ts";

/** More lanes than this are not listed. */
const MAX_NAMES = 1000;

/** A slow way to the others is used for this part of the time at most, so that they go easy on a server that is busy. */
const SHARE = 1 / 5;

/** However slow the way is. */
const MAX_PAUSE_MS = 250;

export interface OutboxOptions {
  readonly sender: string;
  /** Sends a message to the other processes. */
  readonly publish: (text: string) => Promise<unknown>;
  readonly timing: Timing;
}

/**
 * Tells other processes, sparingly: at once when the last message was a while ago, and otherwise everything that has
 * gathered in one later message. Never two at a time, and never a reason for the caller to wait or to fail.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lanes = new Set<string>();
  readonly #finished = new Set<string>();
  /** More has gathered than can be listed. */
  #isFull = false;
  /** Something was not told, which the next message makes up for. */
  #hasMissed = false;
  /** While a message is on its way, and in the pause after it. */
  #sending: Promise<void> | undefined;
  #pause: NodeJS.Timeout | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  add(lanes: Iterable<string>, finished: Iterable<string>): void {
    for (const lane of lanes) this.#lanes.add(lane);
    for (const lane of finished) this.#finished.add(lane);
    if (this.#lanes.size + this.#finished.size > MAX_NAMES) {
      this.#clear();
      this.#isFull = true;
    }
    if (this.#sending === undefined && this.#hasNews) this.#sending = this.#send();
  }

  /** Sends what is left without a pause; resolves when nothing is on its way any more. */
  async flush(): Promise<void> {
    await this.#sending;
    clearTimeout(this.#pause);
    this.#sending = this.#hasNews ? this.#publish() : undefined;
    await this.#sending;
  }

  get #hasNews(): boolean {
    return this.#isFull || this.#lanes.size + this.#finished.size > 0;
  }

  async #send(): Promise<void> {
    const begun = performance.now();
    await this.#publish();
    const pause = Math.min((performance.now() - begun) / SHARE, MAX_PAUSE_MS);
    this.#pause = setTimeout(
      () => {
        this.#sending = this.#hasNews ? this.#send() : undefined;
      },
      Math.max(pause, this.#options.timing.pauseMs),
    ).unref();
  }

  async #publish(): Promise<void> {
    const { sender, publish } = this.#options;
    const resync = this.#isFull || this.#hasMissed;
    const text = encodeMessage({ sender, lanes: this.#lanes, finished: this.#finished, resync });
    this.#clear();
    try {
      await publish(text);
      this.#hasMissed = false;
    } catch {
      // The others find out by polling.
      this.#hasMissed = true;
    }
  }

  #clear(): void {
    this.#lanes.clear();
    this.#finished.clear();
    this.#isFull = false;
  }
}
