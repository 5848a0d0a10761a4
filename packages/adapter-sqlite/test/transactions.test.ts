import SqliteDatabase, { type Database } from "better-sqlite3";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { SqliteAdapter } from "@anyqueue/adapter-sqlite";
import { claim, job, jobs, NOW, openStore, temporaryPath, telling } from "./files.ts";

describe("P5 the caller's own transaction", () => {
  let path: string;
  let store: SqliteAdapter;
  let db: Database;

  beforeEach(async () => {
    path = temporaryPath();
    store = await openStore({ path });
    db = new SqliteDatabase(path);
    db.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY)");
    onTestFinished(() => void db.close());
  });

  it("holds a job before the call has returned, so that a synchronous transaction can be used", async () => {
    const place = db.transaction((n: number) => {
      db.prepare("INSERT INTO orders VALUES (?)").run(n);
      void store.insert([job(String(n))], { now: NOW, tx: db });
      expect(db.prepare("SELECT count(*) FROM anyqueue_jobs").pluck().get()).toBe(n);
    });
    place.immediate(1);
    place.immediate(2);
    expect((await claim(store, 9)).map(({ id }) => id)).toEqual(["default:1", "default:2"]);
  });

  it("takes rows of the application and jobs back together", async () => {
    const place = db.transaction(() => {
      db.prepare("INSERT INTO orders VALUES (1)").run();
      void store.insert([job("1")], { now: NOW, tx: db });
      throw new Error("no stock");
    });
    expect(() => place.immediate()).toThrow("no stock");
    expect(await store.get(["default:1"])).toEqual([null]);
    expect(db.prepare("SELECT count(*) FROM orders").pluck().get()).toBe(0);
  });

  it("keeps what it did before a call that failed half way", async () => {
    db.exec("BEGIN IMMEDIATE");
    db.exec("INSERT INTO orders VALUES (1)");
    await store.insert([job("good")], { now: NOW, tx: db });
    await expect(store.insert([job("half"), job("bad", { runAt: 1.5 })], { now: NOW, tx: db })).rejects.toMatchObject({
      cause: { code: "SQLITE_CONSTRAINT_DATATYPE" },
    });
    db.exec("COMMIT");
    expect((await store.list({ limit: 9 })).items.map(({ id }) => id)).toEqual(["default:good"]);
    expect(db.prepare("SELECT count(*) FROM orders").pluck().get()).toBe(1);
  });

  it("P7 gives new places behind those of jobs that were removed, in the same transaction and after it", async () => {
    await store.insert([job("a"), job("b"), job("c")], { now: NOW });
    const { after = "" } = await store.list({ limit: 2, now: NOW });
    await store.remove({ ids: ["default:b", "default:c"] });
    db.exec("BEGIN IMMEDIATE");
    await store.insert([job("d")], { now: NOW, tx: db });
    db.exec("SAVEPOINT undone");
    await store.insert([job("e")], { now: NOW, tx: db });
    db.exec("ROLLBACK TO undone");
    await store.insert([job("f")], { now: NOW, tx: db });
    db.exec("COMMIT");
    await store.insert([job("g")], { now: NOW });
    const { items } = await store.list({ after, limit: 9, now: NOW });
    expect(items.map(({ id }) => id)).toEqual(["default:d", "default:f", "default:g"]);
  });

  it("may be on a connection that reads integers as BigInt", async () => {
    await store.insert(jobs(1), { now: NOW });
    const [held] = await claim(store, 1);
    db.defaultSafeIntegers(true);
    db.exec("BEGIN IMMEDIATE");
    const change = { id: "default:0", expect: { token: held?.token ?? 0 }, set: { state: "completed" } };
    expect(await store.cas([change], { now: NOW, tx: db })).toEqual([{ status: "ok", version: 3 }]);
    db.exec("COMMIT");
  });

  it("is refused when it has not begun", async () => {
    await expect(store.insert(jobs(1), { tx: db })).rejects.toMatchObject({
      code: "INVALID",
      message: telling("no open transaction"),
    });
  });

  it("is refused when it is on another file", async () => {
    const other = new SqliteDatabase(":memory:");
    other.exec("BEGIN");
    await expect(store.insert(jobs(1), { tx: other })).rejects.toMatchObject({
      code: "INVALID",
      message: telling("memory"),
    });
    other.close();
  });

  it("says how to begin when somebody else holds the lock", async () => {
    const other = new SqliteDatabase(path);
    other.exec("BEGIN IMMEDIATE");
    const impatient = new SqliteDatabase(path, { timeout: 0 });
    impatient.exec("BEGIN DEFERRED");
    await expect(store.insert(jobs(1), { tx: impatient })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: telling("BEGIN IMMEDIATE"),
    });
    impatient.close();
    other.close();
  });
});
