import { QueueError } from "@anyqueue/api";
import type { Redis } from "ioredis";
import type { Link } from "./line.ts";
import type { Timing } from "./timing.ts";

/** A connection that keeps silent when it is to be ended is cut after this time. */
const FAREWELL_MS = 500;

const KEEP_ALIVE_MS = 10_000;

type RedisClass = typeof Redis;

/** The class of `ioredis`, which only those who use Redis install. @throws QueueError `NOT_INSTALLED`. */
export async function loadRedis(): Promise<RedisClass> {
  try {
    const { Redis } = await import("ioredis");
    return Redis;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Wake-ups over Redis need the package ioredis, which cannot be loaded (${reason}). Run: npm install ioredis`;
    throw new QueueError("NOT_INSTALLED", message, { cause });
  }
}

export interface RedisLinkOptions {
  readonly Redis: RedisClass;
  readonly url: string;
  readonly timing: Timing;
  /** What to hear; absent, it is a connection to publish with. */
  readonly subscription?: { readonly channel: string; readonly hear: (text: string) => void };
}

/** One connection to Redis, to publish or to hear. It is never made again by itself, and keeps no commands for later. */
export class RedisLink implements Link {
  readonly gone: Promise<unknown>;
  readonly #redis: Redis;
  #heardAt = performance.now();
  #reason: unknown;

  /** @throws the driver's error; also when the signal aborts. */
  static async open(options: RedisLinkOptions, signal: AbortSignal): Promise<RedisLink> {
    signal.throwIfAborted();
    const link = new RedisLink(options);
    const cut = (): void => link.#cut();
    signal.addEventListener("abort", cut);
    try {
      await link.#redis.connect();
      if (options.subscription) await link.#redis.subscribe(options.subscription.channel);
    } catch (error) {
      link.#cut();
      // The driver says only that the connection was closed; it told why before.
      throw link.#reason ?? error;
    } finally {
      signal.removeEventListener("abort", cut);
    }
    link.#redis.stream.unref();
    return link;
  }

  private constructor({ Redis, url, timing, subscription }: RedisLinkOptions) {
    this.#redis = new Redis(url, {
      lazyConnect: true,
      connectionName: "anyqueue",
      connectTimeout: timing.deadlineMs,
      // Whoever does not answer for so long is gone.
      socketTimeout: timing.deadlineMs,
      keepAlive: KEEP_ALIVE_MS,
      retryStrategy: null,
      enableOfflineQueue: false,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      // Publishing and hearing are possible before Redis has read its data, and need no right to ask it.
      enableReadyCheck: false,
      disableClientInfo: true,
    });
    this.#redis.on("error", (error: unknown) => (this.#reason ??= error));
    this.#redis.on("message", (_channel: string, text: string) => {
      this.#heardAt = performance.now();
      subscription?.hear(text);
    });
    this.gone = new Promise((resolve) => this.#redis.once("end", () => resolve(this.#reason)));
  }

  get heardAt(): number {
    return this.#heardAt;
  }

  async publish(channel: string, text: string): Promise<void> {
    await this.#redis.publish(channel, text);
    this.#heardAt = performance.now();
  }

  async ping(): Promise<void> {
    await this.#redis.ping();
    this.#heardAt = performance.now();
  }

  async end(): Promise<void> {
    const timer = setTimeout(() => this.#cut(), FAREWELL_MS);
    this.#redis.disconnect();
    await this.gone;
    clearTimeout(timer);
  }

  #cut(): void {
    this.#redis.disconnect();
    this.#redis.stream?.destroy();
  }
}
