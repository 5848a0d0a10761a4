import type { Job, NewJob, PollRequest } from "@anyqueue/api";
import { postgres, type PostgresAdapter, type PostgresOptions } from "@anyqueue/adapter-postgres";
import { onTestFinished } from "vitest";
import type { Client } from "pg";
import { openClient, serverUrl, temporarySchema } from "./server.ts";

/** An open adapter on a schema of the test's own, unless one is named; closed when the test is over. */
export async function openStore(wish: PostgresOptions = {}): Promise<PostgresAdapter> {
  const store = await makeStore(wish);
  await store.open();
  return store;
}

/** A session on a store that is open nowhere: nothing but SQL, which names no schema. */
export async function openSession(schema = temporarySchema()): Promise<Client> {
  const store = await openStore({ schema });
  await store.close();
  const session = await openClient();
  await session.query(`SET search_path = ${schema}`);
  return session;
}

/** A store that is not open yet. */
export async function makeStore(wish: PostgresOptions = {}): Promise<PostgresAdapter> {
  const schema = wish.schema ?? temporarySchema();
  const store = postgres({ url: await serverUrl(), connections: 4, notify: false, ...wish, schema });
  onTestFinished(() => store.close());
  return store;
}

/** Valid jobs with ids `default:0`, `default:1`, … */
export function jobs(count: number, wish: Partial<NewJob> = {}): NewJob[] {
  return Array.from({ length: count }, (_, n) => job(String(n), wish));
}

/** A valid job. */
export function job(name: string, wish: Partial<NewJob> = {}): NewJob {
  const { lane = "default" } = wish;
  const plain = { type: "mail.send", payload: { name }, state: "waiting", priority: 512, maxAttempts: 3 };
  return { id: `${lane}:${name}`, lane, ...plain, ...wish };
}

/** Claims up to `limit` due jobs. */
export async function claim(
  store: PostgresAdapter,
  limit: number,
  wish: Partial<PollRequest> = {},
): Promise<readonly Job[]> {
  const lease = { ms: 60_000, holder: "test" };
  return (await store.poll({ lanes: ["default"], limit, lease, ...wish })).jobs;
}
