import { install, load, type Package } from "../subjects/on-demand.ts";
import { keep } from "./kept.ts";
import { redisPrograms } from "./programs.ts";
import type { Server } from "./server.ts";

/** Names the server to measure on; set for the whole run, so that worker processes find it as well. */
const VARIABLE = "ANYQUEUE_BENCH_REDIS_URL";
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

/** The address of the server of this run; undefined when there is none. */
export function redisUrl(): string | undefined {
  return process.env[VARIABLE];
}

/** A connection of the benchmark's own; calls of one turn of the event loop travel together. */
export async function redisClient(url = redisUrl() ?? ""): Promise<RedisClient> {
  const hindrance = await install(CLIENT);
  if (hindrance !== undefined) throw new Error(hindrance);
  const { Redis } = await load<{ Redis: new (url: string, options: object) => RedisClient }>(CLIENT);
  const client = new Redis(url, { enableAutoPipelining: true, maxRetriesPerRequest: null });
  // It tries again by itself.
  client.on("error", () => undefined);
  return client;
}

/**
 * Starts a private server on loopback, or uses the one that `ANYQUEUE_BENCH_REDIS_URL` names. Undefined when there is
 * neither. A server that was started ends with this process, however that ends.
 */
export async function startRedis(): Promise<Server | undefined> {
  const given = redisUrl();
  if (given !== undefined) return { about: await describe(given), stop: async () => undefined };
  const programs = redisPrograms();
  if (programs === undefined) return undefined;

  const { port, password, stop } = await keep("redis", programs);
  const url = `redis://:${password}@127.0.0.1:${port}`;
  const about = await describe(url);
  process.env[VARIABLE] = url;
  return {
    about,
    stop: () => {
      delete process.env[VARIABLE];
      return stop();
    },
  };
}

const SETTINGS = ["appendonly", "appendfsync"];

async function describe(url: string): Promise<Readonly<Record<string, string>>> {
  const client = await redisClient(url);
  const info = await client.info("server");
  const settings = await Promise.all(SETTINGS.map((name) => client.config("GET", name)));
  client.disconnect();
  return { version: /redis_version:(\S+)/.exec(info)?.[1] ?? "unknown", ...Object.fromEntries(settings) };
}
