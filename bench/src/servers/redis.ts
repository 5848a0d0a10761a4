import { install, load, type Package } from "../on-demand.ts";
import { redisPrograms } from "./programs.ts";
import type { ServerKind } from "./server-kind.ts";

const VARIABLE = "ANYQUEUE_BENCH_REDIS_URL";
const SETTINGS = ["appendonly", "appendfsync"];
const CLIENT: Package = { name: "ioredis", version: "5.11.1" };

/** What the benchmark itself asks of Redis. */
export interface RedisClient {
  on(event: "error", listener: () => void): void;
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
  missing: `there is no redis-server on this machine (install one, or name a server in ${VARIABLE})`,
  programs: async () => redisPrograms(),
  url: (port, password) => `redis://:${password}@127.0.0.1:${port}`,
  // Its client tries again by itself until the server answers.
  async describe(url) {
    const client = await redisClient(url);
    const info = await client.info("server");
    const settings = await Promise.all(SETTINGS.map((name) => client.config("GET", name)));
    client.disconnect();
    return { version: /redis_version:(\S+)/.exec(info)?.[1] ?? "unknown", ...Object.fromEntries(settings) };
  },
};

/** The server of this run. */
export function redisUrl(): string {
  return process.env[VARIABLE] ?? "";
}

/** A connection of the benchmark's own; calls of one turn of the event loop travel together. */
export async function redisClient(url = redisUrl()): Promise<RedisClient> {
  const hindrance = await install(CLIENT);
  if (hindrance !== undefined) throw new Error(hindrance);
  const { Redis } = await load<{ Redis: new (url: string, options: object) => RedisClient }>(CLIENT);
  const client = new Redis(url, { enableAutoPipelining: true, maxRetriesPerRequest: null });
  // It tries again by itself.
  client.on("error", () => undefined);
  return client;
}
