import { existsSync, statSync } from "node:fs";
import SqliteDatabase from "better-sqlite3";
import { expect, it } from "vitest";
import { Checkpointer } from "../src/checkpointer.ts";
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

it("leaves SQLite's own checkpoint out while others write into a long log, until it is cut off right behind a commit", () => {
  const path = temporaryPath();
  const [db, other] = [new SqliteDatabase(path, { timeout: 0 }), new SqliteDatabase(path)];
  const length = () => statSync(`${path}-wal`).size;
  const automatic = () => db.pragma("wal_autocheckpoint", { simple: true });
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE rows (value)");
  other.pragma("wal_autocheckpoint = 0");
  const checkpointer = new Checkpointer(db, path);
  const usual = automatic();

  other.exec("BEGIN; SELECT * FROM rows");
  for (let n = 0; n < 70; n++) db.exec("INSERT INTO rows VALUES (zeroblob(1024 * 1024))");
  other.exec("COMMIT; BEGIN IMMEDIATE; INSERT INTO rows VALUES (1)");
  checkpointer.committed();
  expect(automatic()).toBe(0);
  expect(length()).toBeGreaterThan(70 * 1024 * 1024);

  // What is not copied back yet keeps the log from being written from its beginning again.
  other.exec("COMMIT");
  while (automatic() === 0) {
    db.exec("INSERT INTO rows VALUES (1)");
    checkpointer.committed();
  }
  expect(automatic()).toBe(usual);
  expect(length()).toBe(0);
  checkpointer.close();
  for (const each of [db, other]) each.close();
});

/** Writes so many megabytes. */
async function write(store: Awaited<ReturnType<typeof openStore>>, megabytes: number): Promise<void> {
  const payload = "x".repeat(1024 * 1024);
  for (let n = 0; n < megabytes; n++) await store.insert([job(String(n), { payload })], { now: NOW });
}
