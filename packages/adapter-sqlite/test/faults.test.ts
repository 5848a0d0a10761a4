import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { patiently } from "../src/patience.ts";
import { claim, job, jobs, NOW, openStore, temporaryFolder, temporaryPath, telling } from "./files.ts";

describe("a fault", () => {
  it("in one verb of a group harms none of the others", async () => {
    const store = await openStore();
    const broken = job("broken", { runAt: 1.5 });
    const outcomes = await Promise.allSettled([
      store.insert([job("a")]),
      store.insert([job("b"), broken]),
      store.insert([job("c")]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await store.list({ limit: 9 })).items.map(({ id }) => id)).toEqual(["default:a", "default:c"]);
  });

  it("of a lock held by somebody else is waited out without blocking the event loop", async () => {
    const path = temporaryPath();
    const store = await openStore({ path });
    const other = new SqliteDatabase(path);
    other.exec("BEGIN IMMEDIATE");
    let isDone = false;
    const inserted = store.insert(jobs(1)).then(() => (isDone = true));
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    expect(await store.get(["default:0"])).toEqual([null]);
    other.exec("COMMIT");
    other.close();
    expect(await inserted).toBe(true);
  });

  it("of a lock that is never given up ends with what to do", async () => {
    const path = temporaryPath();
    const store = await openStore({ path });
    await store.insert(jobs(1));
    const holder = new SqliteDatabase(path);
    holder.exec("BEGIN IMMEDIATE");
    const late = new SqliteDatabase(path, { timeout: 0 });
    await expect(patiently(path, () => late.exec("BEGIN IMMEDIATE"), 20)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: telling("Commit or end that transaction"),
      cause: { code: "SQLITE_BUSY" },
    });
    late.close();
    holder.close();
  });

  it("P1 of a file that was deleted under an open store is noticed: nothing more is acknowledged into it", async () => {
    const path = temporaryPath();
    const store = await openStore({ path });
    await store.insert([job("before")]);
    rmSync(path);
    const startedAt = performance.now();
    let refused: unknown;
    for (let n = 0; refused === undefined && performance.now() - startedAt < 10_000; n++) {
      refused = await store.insert([job(`after-${n}`)]).then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    expect(refused).toMatchObject({ code: "UNAVAILABLE", message: telling("was deleted or replaced") });
  });

  it("of a damaged page is told, with the file's name", async () => {
    const path = temporaryPath();
    const store = await openStore({ path });
    await store.insert(jobs(2000));
    await store.close();
    const { size } = statSync(path);
    const file = openSync(path, "r+");
    for (let at = 4096 * 16; at < size; at += 4096) writeSync(file, Buffer.alloc(64, 0xee), 0, 64, at);
    closeSync(file);

    const damaged = await openStore({ path });
    await expect(damaged.list({ limit: 5000 })).rejects.toMatchObject({
      code: "CORRUPT",
      message: telling(path),
    });
  });

  it("of a full disk stores nothing, and the store goes on once there is room", async ({ skip }) => {
    const folder = join(temporaryFolder(), "small");
    mkdirSync(folder);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]);
    if (mounted.status !== 0) skip("mounting a small disk needs root");
    onTestFinished(() => void spawnSync("umount", ["-l", folder]));

    const store = await openStore({ path: join(folder, "jobs.db") });
    await store.insert([job("first")], { now: NOW });
    const ballast = join(folder, "ballast");
    writeFileSync(ballast, Buffer.alloc(1024 * 1024));
    const payload = "x".repeat(100_000);
    await expect(store.insert(jobs(20, { payload }))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect((await store.list({ limit: 99 })).items.map(({ id }) => id)).toEqual(["default:first"]);

    rmSync(ballast);
    await store.insert(jobs(3), { now: NOW });
    expect((await claim(store, 9)).map(({ id }) => id)).toEqual([
      "default:first",
      "default:0",
      "default:1",
      "default:2",
    ]);
  });
});
