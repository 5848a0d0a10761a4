import type { Connection } from "../connection.ts";
import type { Settings } from "../options.ts";
import { Line } from "./line.ts";
import { loadRedis, RedisLink, type RedisLinkOptions } from "./redis-link.ts";
import type { Timing } from "./timing.ts";
import type { Hearing, Transport } from "./transport.ts";
import { within } from "./within.ts";

export interface RedisTransportOptions {
  /** The store's own, which tells the name of its database. */
  readonly connection: Connection;
  readonly settings: Pick<Settings, "schema">;
  readonly url: string;
  readonly hearing: Hearing;
  readonly timing: Timing;
}

/** PUBLISH and SUBSCRIBE of Redis, over two connections of their own. Nothing is kept there; while it is down, nothing is told. */
export class RedisTransport implements Transport {
  readonly hears = true;
  readonly #options: RedisTransportOptions;
  #redis: RedisLinkOptions | undefined;
  #channel = "";
  #complaint: string | undefined;
  #mouth: Line<RedisLink> | undefined;
  #ears: Line<RedisLink> | undefined;
  #stopped: Promise<unknown> = Promise.resolve();

  constructor(options: RedisTransportOptions) {
    this.#options = options;
  }

  /** @throws QueueError `NOT_INSTALLED`. */
  async open(): Promise<void> {
    const { connection, settings, url, timing } = this.#options;
    const redis = { Redis: await loadRedis(), url, timing };
    const [row] = await connection.query("SELECT current_database()");
    this.#channel = `anyqueue:${String(row?.[0])}:${settings.schema}`;
    this.#redis = redis;
    this.#mouth = this.#keepUp(redis);
    await within(timing.patienceMs, this.#mouth.tried);
  }

  async publish(text: string): Promise<void> {
    const link = this.#mouth?.link;
    if (link === undefined) throw new Error("There is no connection to Redis.");
    await link.publish(this.#channel, text);
  }

  async listen(): Promise<void> {
    const { hearing, timing } = this.#options;
    if (this.#redis === undefined) return;
    const subscription = { channel: this.#channel, hear: (text: string) => hearing.hear(text) };
    this.#ears ??= this.#keepUp({ ...this.#redis, subscription });
    await within(timing.patienceMs, this.#ears.tried);
  }

  async deafen(): Promise<void> {
    this.#stopped = Promise.all([this.#stopped, this.#ears?.stop()]);
    this.#ears = undefined;
    await this.#stopped;
  }

  async close(): Promise<void> {
    await Promise.all([this.deafen(), this.#mouth?.stop()]);
  }

  #keepUp(redis: RedisLinkOptions): Line<RedisLink> {
    const { hearing, timing } = this.#options;
    return new Line({
      connect: (signal) => RedisLink.open(redis, signal),
      onUp: () => {
        this.#complaint = undefined;
        if (redis.subscription) hearing.resync();
      },
      onTrouble: (error) => this.#complain(error),
      timing,
    });
  }

  /** What is wrong for both connections is told once. */
  #complain(error: unknown): void {
    const complaint = error instanceof Error ? error.message : String(error);
    if (complaint === this.#complaint) return;
    this.#complaint = complaint;
    this.#options.hearing.warn(complaint);
  }
}
