import { onTestFinished } from "vitest";
import { Connection } from "../src/connection.ts";
import { type PostgresOptions, type Settings, settingsOf } from "../src/options.ts";
import type { Patience } from "../src/patience.ts";
import { serverUrl } from "./server.ts";

/** Settings for the server of this run. */
export async function settings(wish: PostgresOptions = {}): Promise<Settings> {
  return settingsOf({ ...(wish.pool === undefined && { url: await serverUrl() }), ...wish });
}

/** An open connection, closed when the test is over. */
export async function openConnection(wish: PostgresOptions = {}, patience?: Patience): Promise<Connection> {
  const connection = await Connection.open(await settings(wish), patience);
  onTestFinished(() => connection.close());
  return connection;
}
