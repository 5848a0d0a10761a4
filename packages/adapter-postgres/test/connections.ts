import pg from "pg";
import { expect, onTestFinished } from "vitest";
import { Connection } from "../src/connection.ts";
import { type PostgresOptions, settingsOf } from "../src/options.ts";
import type { Patience } from "../src/patience.ts";
import { serverUrl } from "./server.ts";

/** An open connection to the server of this run, unless another is wished for; closed when the test is over. */
export async function openConnection(wish: PostgresOptions = {}, patience?: Patience): Promise<Connection> {
  const options = wish.pool === undefined && wish.url === undefined ? { ...wish, url: await serverUrl() } : wish;
  const connection = await Connection.open(settingsOf(options), patience);
  onTestFinished(() => connection.close());
  return connection;
}

/** A pool of the application's own, ended when the test is over. */
export async function openPool(wish: pg.PoolConfig = {}): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: await serverUrl(), ...wish });
  onTestFinished(() => pool.end());
  return pool;
}

/** A pool that has made all its connections, so that who has little patience with it waits for no server. */
export async function connectedPool(wish: pg.PoolConfig & { readonly max: number }): Promise<pg.Pool> {
  const { connectionTimeoutMillis, ...rest } = wish;
  const pool = await openPool(rest);
  const clients = await Promise.all(Array.from({ length: wish.max }, () => pool.connect()));
  for (const client of clients) client.release();
  pool.options.connectionTimeoutMillis = connectionTimeoutMillis;
  return pool;
}

/** The URL of the server of this run with something changed. */
export async function changedUrl(change: (url: URL) => void): Promise<string> {
  const url = new URL(await serverUrl());
  change(url);
  return url.href;
}

/** What a message has to contain. Messages are free to improve, but these words say what went wrong or what to do. */
export function telling(words: string): unknown {
  return expect.stringContaining(words);
}
