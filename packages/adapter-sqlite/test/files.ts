import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Job, NewJob, PollRequest } from "@anyqueue/api";
import { sqlite, type SqliteAdapter, type SqliteOptions } from "@anyqueue/adapter-sqlite";
import { expect, onTestFinished } from "vitest";

/** A folder of the test's own, removed when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "anyqueue-sqlite-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A path in a new folder, at which nothing is yet. */
export function temporaryPath(): string {
  return join(temporaryFolder(), "jobs.db");
}

/** An open adapter, closed when the test is over. */
export async function openStore(options: SqliteOptions = { path: temporaryPath() }): Promise<SqliteAdapter> {
  const store = sqlite(options);
  onTestFinished(() => store.close());
  await store.open();
  return store;
}

/** The time of every test that does not need another. */
export const NOW = 1_800_000_000_000;

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
  store: SqliteAdapter,
  limit: number,
  wish: Partial<PollRequest> = {},
): Promise<readonly Job[]> {
  const lease = { ms: 60_000, holder: "test" };
  return (await store.poll({ lanes: ["default"], limit, lease, now: NOW, ...wish })).jobs;
}

/** What a message has to contain. Messages are free to improve, but these words say what went wrong or what to do. */
export function telling(words: string): unknown {
  return expect.stringContaining(words);
}
