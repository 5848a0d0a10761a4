import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { telling } from "../connections.ts";
import { OwnServer } from "../own-server.ts";
import { claim, job, jobs, openStore } from "../stores.ts";

describe("a server whose disk is full", () => {
  it("P1 stores nothing of a call, and goes on once there is room", async ({ skip }) => {
    const folder = mkdtempSync(join(tmpdir(), "anyqueue-small-disk-"));
    const disk = join(folder, "disk");
    mkdirSync(disk);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", disk]);
    onTestFinished(() => {
      spawnSync("umount", ["-l", disk]);
      rmSync(folder, { recursive: true });
    });
    if (mounted.status !== 0) skip("mounting a small disk needs root");

    const server = await OwnServer.start();
    onTestFinished(() => server.dispose());
    const { uid, gid } = statSync(server.data);
    spawnSync("chmod", ["a+x", folder]);
    chownSync(disk, uid, gid);
    // Not the write-ahead log, for want of which a server gives up altogether.
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(`CREATE TABLESPACE small LOCATION '${disk}'`);
    await client.query("ALTER DATABASE postgres SET default_tablespace = small");
    await client.end();

    const store = await openStore({ url: server.url, schema: "jobs" });
    await store.insert([job("first")]);
    const ballast = join(disk, "ballast");
    writeFileSync(ballast, Buffer.alloc(8 * 1024 * 1024));
    // Random, so that it does not shrink on its way to the disk.
    const payload = Array.from({ length: 3000 }, () => Math.random().toString(36)).join("");
    const filling = store.insert(jobs(99, { payload }));
    await expect(filling).rejects.toMatchObject({ code: "UNAVAILABLE", message: telling("is full") });
    expect((await store.list({ limit: 99 })).items.map(({ id }) => id)).toEqual(["default:first"]);

    rmSync(ballast);
    await store.insert(jobs(3));
    const names = ["first", "0", "1", "2"].map((name) => `default:${name}`);
    expect((await claim(store, 9)).map(({ id }) => id)).toEqual(names);
  });
});
