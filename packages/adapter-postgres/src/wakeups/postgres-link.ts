import type { ClientConfig } from "pg";
import pg from "pg";
import type { Link } from "./line.ts";

/** A connection that keeps silent when it is to be ended is cut after this time. */
const FAREWELL_MS = 500;

/** The system asks a silent peer whether it is there; that finds out what a question of ours cannot reach. */
const KEEP_ALIVE_MS = 10_000;

export interface PostgresLinkOptions {
  readonly client: ClientConfig;
  readonly channel: string;
  readonly hear: (text: string) => void;
}

/** A connection that listens to a channel of NOTIFY, and does nothing else. */
export class PostgresLink implements Link {
  readonly gone: Promise<unknown>;
  readonly #client: pg.Client;
  #heardAt = performance.now();
  #answer: Promise<unknown> | undefined;

  /** @throws the driver's error; also when the signal aborts. */
  static async open(options: PostgresLinkOptions, signal: AbortSignal): Promise<PostgresLink> {
    signal.throwIfAborted();
    const link = new PostgresLink(options);
    const cut = (): void => link.#cut();
    signal.addEventListener("abort", cut);
    try {
      await link.#client.connect();
      await link.#client.query(`LISTEN "${options.channel}"`);
    } catch (error) {
      link.#cut();
      throw error;
    } finally {
      signal.removeEventListener("abort", cut);
    }
    // The driver has it, its types do not.
    (link.#client as pg.Client & { unref(): void }).unref();
    return link;
  }

  private constructor({ client, channel, hear }: PostgresLinkOptions) {
    this.#client = new pg.Client({ ...client, keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE_MS });
    this.#client.on("notification", (message) => {
      this.#heardAt = performance.now();
      if (message.channel === channel) hear(message.payload ?? "");
    });
    let reason: unknown;
    // Unheard, it would end the process.
    this.#client.on("error", (error) => (reason ??= error));
    this.gone = new Promise((resolve) => this.#client.once("end", () => resolve(reason)));
  }

  get heardAt(): number {
    return this.#heardAt;
  }

  async ping(): Promise<void> {
    this.#answer ??= this.#client.query("SELECT 1").finally(() => (this.#answer = undefined));
    await this.#answer;
    this.#heardAt = performance.now();
  }

  async end(): Promise<void> {
    const timer = setTimeout(() => this.#cut(), FAREWELL_MS);
    await this.#client.end();
    clearTimeout(timer);
  }

  #cut(): void {
    this.#client.connection.stream.destroy();
  }
}
