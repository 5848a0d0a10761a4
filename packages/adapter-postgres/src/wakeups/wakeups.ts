import { randomBytes } from "node:crypto";
import type { Hint, Unsubscribe } from "@anyqueue/api";
import type { Connection } from "../connection.ts";
import type { Settings } from "../options.ts";
import { channelOf, decodeMessage, encodeMessage } from "./message.ts";
import { Outbox } from "./outbox.ts";
import { PostgresTransport } from "./postgres-transport.ts";
import { RedisTransport } from "./redis-transport.ts";
import { type Timing, TIMING } from "./timing.ts";
import type { Hearing, Transport } from "./transport.ts";
import { within } from "./within.ts";

export interface WakeupsOptions {
  readonly connection: Connection;
  readonly settings: Pick<Settings, "server" | "schema" | "notify">;
  /** Takes what keeps wake-ups from working; absent, it is a warning of the process. */
  readonly warn?: (message: string) => void;
  /** Other times than the usual ones, for tests. */
  readonly timing?: Partial<Timing>;
}

/** A statement for the caller's transaction; its answer is null. */
export interface Notice {
  readonly text: string;
  readonly values: readonly string[];
}

const NOTICE = "SELECT coalesce(nullif(pg_notify($1, $2)::text, ''), 'null') AS answer";

/**
 * Wakes who waits (P24): those in this process at once, those in others by NOTIFY or Redis unless `notify` is false. All
 * that it tells are hints, so nobody waits for them to be sent, and what cannot be told is left to polling.
 */
export class Wakeups {
  readonly #sender = randomBytes(6).toString("base64url");
  readonly #options: WakeupsOptions;
  readonly #timing: Timing;
  readonly #transport: Transport | undefined;
  readonly #outbox: Outbox | undefined;
  readonly #listeners = new Set<(hint: Hint) => void>();
  /** Those who listen, and those who are about to. */
  #count = 0;
  #linger: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: WakeupsOptions) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    const transport = this.#newTransport();
    this.#transport = transport;
    this.#outbox =
      transport &&
      new Outbox({ sender: this.#sender, publish: (text) => transport.publish(text), timing: this.#timing });
  }

  /** Whether listeners hear other processes at once: the capability `push`; valid after `open`. */
  get isPushing(): boolean {
    return this.#transport?.hears === true;
  }

  /** @throws QueueError `NOT_INSTALLED` for want of `ioredis`; a Redis server that is down is waited for behind the scenes. */
  async open(): Promise<void> {
    await this.#transport?.open();
  }

  /**
   * Tells which lanes may have jobs that are due, and in which ones jobs have ended: to be called after a commit. Never
   * waits, never throws.
   */
  tell(lanes: ReadonlySet<string>, finished: ReadonlySet<string>): void {
    if (this.#closing !== undefined) return;
    for (const lane of lanes) this.#wake({ lane });
    for (const lane of finished) this.#wake({ finished: lane });
    this.#outbox?.add(lanes, finished);
  }

  /**
   * The same for a caller's transaction, which wakes all, this process too, when it commits (P5): what to send inside of
   * it; undefined where there is nothing to tell or nobody would hear.
   */
  noticeFor(lanes: ReadonlySet<string>, finished: ReadonlySet<string>): Notice | undefined {
    const { schema, notify } = this.#options.settings;
    const isHeard = notify === true || (notify !== false && "url" in notify);
    if (!isHeard || lanes.size + finished.size === 0) return undefined;
    return { text: NOTICE, values: [channelOf(schema), encodeMessage({ sender: "", lanes, finished })] };
  }

  /** Calls `wake` with hints until unsubscribed; resolves when it hears other processes, or soon after in any case. */
  async listen(wake: (hint: Hint) => void): Promise<Unsubscribe> {
    this.#count++;
    clearTimeout(this.#linger);
    if (this.#closing === undefined) await this.#transport?.listen();
    // A function of its own, so that one who listens twice can leave once.
    const listener = (hint: Hint): void => wake(hint);
    if (this.#closing === undefined) this.#listeners.add(listener);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#listeners.delete(listener);
      if (--this.#count === 0) this.#deafenSoon();
    };
  }

  /** Sends what is left to tell, and ends its connections. To be called before the store's own are ended. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.#listeners.clear();
    clearTimeout(this.#linger);
    if (this.#outbox) await within(this.#timing.patienceMs, this.#outbox.flush());
    await this.#transport?.close();
  }

  #newTransport(): Transport | undefined {
    const { connection, settings, warn = emitWarning } = this.#options;
    const { notify } = settings;
    if (notify === false) return undefined;
    const hearing: Hearing = {
      hear: (text) => this.#hear(text),
      resync: () => this.#wake({ resync: true }),
      warn: (reason) => {
        try {
          warn(`Jobs of other processes are found by polling only: ${reason}.`);
        } catch {
          // A connection must not stop to come back over it.
        }
      },
    };
    const options = { connection, settings, hearing, sender: this.#sender, timing: this.#timing };
    if (notify === true) return new PostgresTransport(options);
    if ("url" in notify) return new PostgresTransport({ ...options, url: notify.url });
    return new RedisTransport({ ...options, url: notify.redis });
  }

  #hear(text: string): void {
    const { sender, lanes, finished, resync } = decodeMessage(text);
    if (sender === this.#sender) return;
    if (resync) return this.#wake({ resync });
    for (const lane of lanes) this.#wake({ lane });
    for (const lane of finished) this.#wake({ finished: lane });
  }

  #wake(hint: Hint): void {
    for (const listener of this.#listeners) {
      try {
        listener(hint);
      } catch {
        // A hint is only a hint: who cannot take it finds the job by polling, and commits must not stop over it.
      }
    }
  }

  #deafenSoon(): void {
    if (this.#closing !== undefined) return;
    this.#linger = setTimeout(() => void this.#transport?.deafen(), this.#timing.lingerMs).unref();
  }
}

function emitWarning(message: string): void {
  process.emitWarning(message, { code: "ANYQUEUE_WAKEUPS" });
}
