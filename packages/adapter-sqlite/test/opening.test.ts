import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sqlite } from "@anyqueue/adapter-sqlite";
import SqliteDatabase from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { isOlder } from "../src/database.ts";
import { job, jobs, NOW, openStore, temporaryFolder, temporaryPath, telling } from "./files.ts";

describe("opening", () => {
  it("P1 writes with synchronous FULL unless a weaker mode is named", async () => {
    expect((await openStore()).capabilities.durability).toBe("power-loss");
    const weaker = await openStore({ path: temporaryPath(), durability: "normal" });
    expect(weaker.capabilities.durability).toBe("crash");
    expect((await openStore({ path: ":memory:" })).capabilities).toMatchObject({
      durability: "none",
      scope: "process",
    });
  });

  it("P25 leaves a file that is no database untouched, and names it", async () => {
    const path = temporaryPath();
    const content = "Dear diary, this is certainly no database. ".repeat(200);
    writeFileSync(path, content);
    await expect(sqlite({ path }).open()).rejects.toMatchObject({
      name: "QueueError",
      code: "CORRUPT",
      message: telling(path),
      cause: { code: "SQLITE_NOTADB" },
    });
    expect(readFileSync(path, "utf8")).toBe(content);
  });

  it("names the folder that is missing", async () => {
    const path = join(temporaryFolder(), "missing", "jobs.db");
    await expect(sqlite({ path }).open()).rejects.toMatchObject({
      code: "INVALID",
      message: telling("missing does not exist"),
    });
  });

  it("says that a folder is not a file", async () => {
    const path = temporaryFolder();
    await expect(sqlite({ path }).open()).rejects.toMatchObject({
      code: "INVALID",
      message: telling("it is a folder"),
    });
  });

  it("P25 refuses a store that only newer code may read, and touches nothing", async () => {
    const path = temporaryPath();
    const store = await openStore({ path });
    await store.insert(jobs(3));
    await store.close();
    const db = new SqliteDatabase(path);
    db.exec("UPDATE anyqueue_schema SET version = 99, min_reader = 98");
    db.pragma("journal_mode = DELETE");
    db.close();

    const before = readFileSync(path);
    await expect(sqlite({ path }).open()).rejects.toMatchObject({ code: "SCHEMA_NEWER" });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("P25 leaves a file alone that does not say which layout it has, and names it", async () => {
    const path = temporaryPath();
    await (await openStore({ path })).close();
    const db = new SqliteDatabase(path);
    db.exec("DELETE FROM anyqueue_schema");
    db.pragma("journal_mode = DELETE");
    db.close();

    const before = readFileSync(path);
    await expect(sqlite({ path }).open()).rejects.toMatchObject({ code: "CORRUPT", message: telling(path) });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("P25 leaves a file alone in which a table of ours lies that no version belongs to", async () => {
    const path = temporaryPath();
    const db = new SqliteDatabase(path);
    db.exec("CREATE TABLE anyqueue_jobs (theirs TEXT)");
    db.close();

    const before = readFileSync(path);
    await expect(sqlite({ path }).open()).rejects.toMatchObject({ code: "CORRUPT", message: telling("anyqueue_jobs") });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("P25 opens a newer store whose layout this code may still read", async () => {
    const path = temporaryPath();
    const store = await openStore({ path });
    await store.insert(jobs(3));
    await store.close();
    const db = new SqliteDatabase(path);
    db.exec("UPDATE anyqueue_schema SET version = 99");
    db.close();

    const again = await openStore({ path });
    expect((await again.list({ limit: 9 })).items).toHaveLength(3);
  });

  it("P25 migrates once when many open the same new file at the same time", async () => {
    const path = temporaryPath();
    const stores = await Promise.all(Array.from({ length: 8 }, () => openStore({ path })));
    await Promise.all(stores.map((store, n) => store.insert([job(String(n))], { now: NOW })));
    for (const store of stores) expect((await store.list({ limit: 99 })).items).toHaveLength(8);
  });

  it("shares a file with the application's own tables", async () => {
    const path = temporaryPath();
    const db = new SqliteDatabase(path);
    db.exec("CREATE TABLE jobs (title TEXT); INSERT INTO jobs VALUES ('baker')");
    const store = await openStore({ path });
    await store.insert(jobs(1));
    await store.close();
    expect(db.prepare("SELECT title FROM jobs").pluck().all()).toEqual(["baker"]);
    db.close();
  });

  it("names a file that it may not write to", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "locked"));
    const path = join(folder, "locked", "jobs.db");
    new SqliteDatabase(path).exec("CREATE TABLE t (a)").close();
    chmodSync(path, 0o444);
    chmodSync(join(folder, "locked"), 0o555);
    chmodSync(folder, 0o755);
    // Rights do not bind root, so that the attempt is made by somebody else.
    const child = spawnSync(
      process.execPath,
      [...process.execArgv, new URL("./open.ts", import.meta.url).pathname, path],
      {
        encoding: "utf8",
        ...(process.getuid?.() === 0 && { uid: 65_534, gid: 65_534 }),
      },
    );
    expect(JSON.parse(child.stdout) as unknown).toMatchObject({ code: "UNAVAILABLE", message: telling(path) });
    chmodSync(join(folder, "locked"), 0o755);
  });

  it("compares versions number by number", () => {
    expect(isOlder("3.51.2", "3.51.3")).toBe(true);
    expect(isOlder("3.9.0", "3.51.3")).toBe(true);
    expect(isOlder("3.51.3", "3.51.3")).toBe(false);
    expect(isOlder("3.100.0", "3.51.3")).toBe(false);
    expect(isOlder("4.0.0", "3.51.3")).toBe(false);
  });
});

describe("closing", () => {
  it("P25 may happen twice, waits for what is in flight, and may be followed by another opening", async () => {
    const path = temporaryPath();
    const store = await openStore({ path });
    const inserted = store.insert(jobs(5));
    await Promise.all([store.close(), store.close()]);
    await store.close();
    expect(await inserted).toHaveLength(5);
    await store.open();
    expect((await store.list({ limit: 9 })).items).toHaveLength(5);
  });

  it("P25 is told by every verb afterwards", async () => {
    const store = await openStore();
    await store.close();
    await expect(store.insert(jobs(1))).rejects.toMatchObject({ code: "CLOSED" });
    await expect(store.poll({ limit: 1 })).rejects.toMatchObject({ code: "CLOSED" });
    await expect(store.lanes()).rejects.toMatchObject({ code: "CLOSED" });
    await expect(store.subscribe(() => {})).rejects.toMatchObject({ code: "CLOSED" });
  });
});
