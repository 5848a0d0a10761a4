import { setTimeout as delay } from "node:timers/promises";
import { install, load, type Package } from "../on-demand.ts";
import { redisPrograms } from "./programs.ts";
import { ANSWER_MS, type ServerKind } from "./server-kind.ts";

const VARIABLE = "ANYQUEUE_BENCH_REDIS_URL";
const SETTINGS = ["appendonly", "appendfsync", "save", "maxmemory-policy"];
const CLIENT: Package = { name: "ioredis", version: "5.11.1" };

/** What the benchmark itself asks of Redis. */
export interface RedisClient {
  on(event: "error", listener: (error: unknown) => void): void;
  connect(): Promise<void>;
  info(section: string): Promise<string>;
  config(verb: "GET", name: string): Promise<[name: string, value: string]>;
  eval(script: string, keys: number, ...values: (string | number)[]): Promise<unknown>;
  rpush(key: string, ...values: string[]): Promise<number>;
  publish(channel: string, message: string): Promise<number>;
  subscribe(channel: string): Promise<unknown>;
  on(event: "message", listener: () => void): void;
  disconnect(): void;
}

export const redis: ServerKind = {
  variable: VARIABLE,
  example: "redis://user:password@host:6379",
  protocols: ["redis:", "rediss:"],
  missing: `there is no redis-server on this machine (install one, or name a server in ${VARIABLE})`,
  client: CLIENT,
  programs: async () => redisPrograms(),
  url: (port, password) => `redis://:${password}@127.0.0.1:${port}`,
  describe: (url) =>
    onRedisServer(async (client) => {
      const info = await client.info("server");
      const settings = await Promise.all(SETTINGS.map((name) => client.config("GET", name)));
      return { version: /redis_version:(\S+)/.exec(info)?.[1] ?? "unknown", ...Object.fromEntries(settings) };
    }, url),
  traces: () =>
    onRedisServer(async (client) => {
      const sections = await Promise.all(["server", "stats"].map((section) => client.info(section)));
      return tracesIn(sections.join(""));
    }),
};

/**
 * The id of the server's process, and how many clients it has disconnected for want of room. Of those that somebody told
 * it to disconnect it keeps no count.
 */
export function tracesIn(info: string): string {
  return (info.match(/^(run_id|evicted_clients|client_\w+_disconnections):.*$/gm) ?? []).join(", ");
}

/** The server of this run. */
export function redisUrl(): string {
  return process.env[VARIABLE] ?? "";
}

/** Does something of the benchmark's own, on a connection of its own. */
export async function onRedisServer<T>(work: (client: RedisClient) => Promise<T>, url = redisUrl()): Promise<T> {
  const client = await redisClient(url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/**
 * A connection of the benchmark's own; calls of one turn of the event loop travel together. It does not connect again: a
 * server that ends meanwhile is a failure, and nothing to wait for.
 */
export async function redisClient(url = redisUrl()): Promise<RedisClient> {
  const hindrance = await install(CLIENT);
  if (hindrance !== undefined) throw new Error(hindrance);
  const { Redis } = await load<{ Redis: new (url: string, options: object) => RedisClient }>(CLIENT);
  const client = new Redis(url, {
    enableAutoPipelining: true,
    lazyConnect: true,
    connectTimeout: ANSWER_MS,
    retryStrategy: () => null,
  });
  let reason: unknown;
  client.on("error", (error) => (reason = error));
  const late = delay(ANSWER_MS, undefined, { ref: false }).then(() => Promise.reject(new Error("it does not answer")));
  try {
    await Promise.race([client.connect(), late]);
    return client;
  } catch (error) {
    client.disconnect();
    // Of the two, this one says why the connection was closed.
    throw reason ?? error;
  }
}
