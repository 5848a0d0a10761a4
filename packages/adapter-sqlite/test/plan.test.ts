import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { planMigration } from "@anyqueue/api";
import SqliteDatabase from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { jobs, openStore, telling, temporaryFolder, temporaryPath } from "./files.ts";

describe("the plan of a migration", () => {
  it("P25 is the SQL that makes just what opening makes, and does not make the file", async () => {
    const [planned, opened] = [temporaryPath(), temporaryPath()];
    const plan = await planOf(planned);
    expect(plan).toMatchObject({ from: null, to: 2, changes: ["Creates the tables."] });
    expect(existsSync(planned)).toBe(false);
    const db = new SqliteDatabase(planned);
    db.exec(plan?.sql ?? "");
    db.close();
    await (await openStore({ path: opened })).close();
    expect(layoutOf(planned)).toEqual(layoutOf(opened));
    expect(await planOf(planned)).toEqual({ from: 2, to: 2, changes: [], sql: "" });
  });

  it("P25 leaves a file and its folder as they were", async () => {
    const path = temporaryPath();
    const store = await openStore({ path });
    await store.insert(jobs(3));
    await store.close();
    const before = readFileSync(path);
    expect(await planOf(path)).toMatchObject({ from: 2, changes: [] });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(dirname(path))).toEqual(["jobs.db"]);
  });

  it("P25 is told while others work on the file", async () => {
    const path = temporaryPath();
    const store = await openStore({ path });
    await store.insert(jobs(3));
    expect(await planOf(path)).toMatchObject({ from: 2, changes: [] });
    expect((await store.list({ limit: 9 })).items).toHaveLength(3);
  });

  it("P25 refuses what opening refuses", async () => {
    const path = temporaryPath();
    await (await openStore({ path })).close();
    const db = new SqliteDatabase(path);
    db.exec("UPDATE anyqueue_schema SET version = 99, min_reader = 98");
    db.close();
    await expect(planOf(path)).rejects.toMatchObject({ code: "SCHEMA_NEWER", message: telling(path) });
    const folder = temporaryFolder();
    await expect(planOf(folder)).rejects.toMatchObject({ code: "INVALID" });
    await expect(planOf(join(folder, "missing", "jobs.db"))).rejects.toMatchObject({ code: "INVALID" });
  });

  it("is that of a new file in memory, and there is none for a backend without a layout", async () => {
    expect(await planMigration("sqlite::memory:")).toMatchObject({ from: null, to: 2 });
    expect(await planMigration("memory:")).toBe(undefined);
  });
});

function planOf(path: string) {
  return planMigration({ backend: "sqlite", path });
}

function layoutOf(path: string): unknown {
  const db = new SqliteDatabase(path, { readonly: true });
  try {
    const tables = db.prepare("SELECT name, sql FROM sqlite_master ORDER BY name").all();
    return [tables, db.prepare("SELECT * FROM anyqueue_schema").all(), db.pragma("journal_mode")];
  } finally {
    db.close();
  }
}
