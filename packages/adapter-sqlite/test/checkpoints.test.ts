import { existsSync, statSync } from "node:fs";
import SqliteDatabase from "better-sqlite3";
import { expect, it } from "vitest";
import { job, NOW, openStore, temporaryPath } from "./files.ts";

it("keeps the log small however much is written", async () => {
  const path = temporaryPath();
  const store = await openStore({ path, durability: "normal" });
  await write(store, 60);
  expect(statSync(path).size).toBeGreaterThan(50 * 1024 * 1024);
  expect(statSync(`${path}-wal`).size).toBeLessThan(16 * 1024 * 1024);
});

it("goes on writing beside a long reader, and shortens the log when it has gone", async () => {
  const path = temporaryPath();
  const store = await openStore({ path, durability: "normal" });
  await store.insert([job("before")], { now: NOW });
  const reader = new SqliteDatabase(path);
  reader.exec("BEGIN");
  expect(reader.prepare("SELECT count(*) FROM anyqueue_jobs").pluck().get()).toBe(1);
  await write(store, 20);
  expect(reader.prepare("SELECT count(*) FROM anyqueue_jobs").pluck().get()).toBe(1);
  reader.close();
  await store.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
  expect(statSync(path).size).toBeGreaterThan(15 * 1024 * 1024);
});

/** Writes so many megabytes. */
async function write(store: Awaited<ReturnType<typeof openStore>>, megabytes: number): Promise<void> {
  const payload = "x".repeat(1024 * 1024);
  for (let n = 0; n < megabytes; n++) await store.insert([job(String(n), { payload })], { now: NOW });
}
