import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Job } from "@anyqueue/api";
import { memory } from "@anyqueue/adapter-memory";
import type { MemoryAdapter } from "@anyqueue/adapter-memory";
import { lease, newJob } from "./jobs.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "anyqueue-memory-"));
  path = join(folder, "jobs.snapshot");
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function opened(every?: number): Promise<MemoryAdapter> {
  const queue = memory({ snapshot: { path, ...(every !== undefined && { every }) } });
  await queue.open();
  return queue;
}

/** A snapshot with jobs in two lanes, some of them polled, failed, finished and removed. */
async function written(): Promise<string> {
  const queue = await opened();
  await queue.insert([
    newJob("a"),
    newJob("b", { priority: 0 }),
    newJob("c", { lane: "other", payload: "\u2028\r ü" }),
  ]);
  await queue.close();
  return readFile(path, "utf8");
}

async function everything(queue: MemoryAdapter): Promise<unknown> {
  const { items } = await queue.list({ limit: 1000 });
  const events = await queue.events({ limit: 1000 });
  return { items, events, lanes: await queue.lanes({ now: 5000 }), touched: await drainTouched(queue) };
}

async function drainTouched(queue: MemoryAdapter): Promise<string[]> {
  const request = { from: "fetched", to: "fetched2", order: "touched", limit: 100, now: 5000 } as const;
  return (await queue.poll(request)).jobs.map(({ id }) => id);
}

describe("snapshot", () => {
  it("S72 P25 brings back jobs, order, leases, events, settings, tokens and sequences", async () => {
    const before = await opened();
    await before.configure("media", { history: "all", paused: true, keep: { failed: 7, completed: false } });
    await before.insert(
      [
        newJob("a", { backoff: { type: "fixed", delayMs: 5 }, group: "g", progress: null, timeoutMs: 5 }),
        newJob("b", {
          priority: 0,
          runAt: 9000,
          unique: { key: "k", until: { windowMs: 5 } },
          keep: { completed: false, failed: 9 },
        }),
        newJob("d", { dependsOn: ["default:a"], onParent: "leave" }),
        newJob("m", { lane: "media", payload: { __proto__: null, text: "\u2028\n" } }),
        newJob("x", { state: "fetched" }),
        newJob("y", { state: "fetched" }),
        newJob("gone"),
      ],
      { now: 1000 },
    );
    const { jobs } = await before.poll({ ids: ["default:a", "default:gone"], limit: 2, lease, now: 1000 });
    await before.append([{ id: "default:x", event: { note: 1 } }], { now: 1001 });
    await before.cas([{ id: "default:y", expect: { version: 1 }, set: { error: { message: "no" } } }], { now: 1002 });
    await before.remove({ ids: ["default:gone"] });
    await before.close();
    const copy = memory({ snapshot: { path: join(folder, "copy") } });
    await writeFile(join(folder, "copy"), await readFile(path));
    await copy.open();
    const after = await opened();

    expect(await everything(after)).toEqual(await everything(before));
    expect(await everything(copy)).toMatchObject({ touched: ["default:x", "default:y"] });
    const next = await copy.poll({ lanes: ["default"], limit: 1, lease, now: 9000 });
    expect(next.jobs[0]?.token).toBeGreaterThan(Math.max(...jobs.map(({ token }) => token)));
    const { after: cursor } = await after.events({ limit: 1000 });
    await after.append([{ id: "default:x", event: 2 }]);
    expect((await after.events({ after: cursor, limit: 10 })).items).toHaveLength(1);
    await after.close();
    await copy.close();
  });

  it("S72 reads what it wrote, byte by byte the same", async () => {
    const first = await written();
    const queue = await opened();
    await queue.configure("default", {});
    await queue.close();

    expect(await readFile(path, "utf8")).toBe(first);
    expect(await readdir(folder)).toEqual(["jobs.snapshot"]);
  });

  it("S73 writes only on close when it was not told how often", async () => {
    const timers = vi.spyOn(globalThis, "setInterval");
    const queue = await opened(0);
    await queue.insert([newJob("a")]);

    expect(timers).not.toHaveBeenCalled();
    expect(await readdir(folder)).toEqual(["jobs.snapshot.lock"]);
    await queue.close();
    expect(await readdir(folder)).toEqual(["jobs.snapshot"]);
    timers.mockRestore();
  });

  it("P1 writes from time to time, if something has changed", async () => {
    const queue = await opened(5);
    await queue.insert([newJob("a")]);
    await vi.waitFor(async () => expect(await readFile(path, "utf8")).toContain("default:a"), { timeout: 60_000 });
    await rm(path);
    await queue.insert([newJob("b")]);
    await vi.waitFor(async () => expect(await readFile(path, "utf8")).toContain("default:b"), { timeout: 60_000 });
    await queue.close();
  });

  it("P1 stays alive when a snapshot cannot be written, keeps the one before, and says so on close", async () => {
    const before = await written();
    const warnings: Error[] = [];
    const listener = (warning: Error): void => void warnings.push(warning);
    process.on("warning", listener);
    const queue = await opened(5);
    await mkdir(`${path}.tmp`);
    await queue.insert([newJob("new")]);

    await vi.waitFor(() => expect(warnings).toHaveLength(1), { timeout: 60_000 });
    await expect(queue.close()).rejects.toMatchObject({ code: "UNAVAILABLE", cause: { code: "EISDIR" } });
    expect(await readFile(path, "utf8")).toBe(before);
    expect(await queue.get(["default:new"])).not.toEqual([null]);

    await rm(`${path}.tmp`, { recursive: true, force: true });
    await queue.close();
    expect(await readFile(path, "utf8")).toContain("default:new");
    process.off("warning", listener);
  });

  const damages: [string, (text: string) => string][] = [
    ["is empty", () => ""],
    ["is something else", () => "hello\n"],
    ["has lost its last line", (text) => text.slice(0, text.trimEnd().lastIndexOf("\n") + 1)],
    ["was cut off within a line", (text) => text.slice(0, text.length / 2)],
    ["was cut off within its last line", (text) => text.slice(0, -5)],
    ["has one letter changed", (text) => text.replace("mail.send", "mail.sent")],
    ["has a line missing", (text) => text.split("\n").toSpliced(3, 1).join("\n")],
    ["goes on behind its end", (text) => `${text}["job"]\n`],
    ["holds zeros", (text) => text.slice(0, 100) + "\0".repeat(100) + text.slice(200)],
  ];

  it.each(damages)("S74 refuses a file that %s, and leaves it as it is", async (_, damage) => {
    const text = damage(await written());
    await writeFile(path, text);
    const queue = memory({ snapshot: { path } });

    await expect(queue.open()).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringContaining(path) as string,
    });
    await queue.close();

    expect(await readFile(path, "utf8")).toBe(text);
    expect(await readdir(folder)).toEqual(["jobs.snapshot"]);
  });

  it("P25 refuses a file of a newer version, and leaves it as it is", async () => {
    const text = (await written()).replace(`"version":2`, `"version":3`);
    await writeFile(path, text);
    const queue = memory({ snapshot: { path } });

    await expect(queue.open()).rejects.toMatchObject({ code: "SCHEMA_NEWER" });
    await queue.close();

    expect(await readFile(path, "utf8")).toBe(text);
  });

  it("P25 reads a file of version 1, and loses nothing of it", async () => {
    const text = await readFile(join(import.meta.dirname, "version-1.snapshot"), "utf8");
    await writeFile(path, text);
    const queue = await opened();

    const { items } = await queue.list({ limit: 100 });
    expect(items.map(({ id, state }) => `${id} ${state}`)).toEqual([
      "default:held active",
      "default:waiting waiting",
      "default:fetched fetched",
      "default:done completed",
      "default:retried waiting",
      "media:seen waiting",
      "default:first waiting",
      "default:second waiting",
      "default:late waiting",
    ]);
    expect(items[0]).toMatchObject({ payload: { to: "held" }, lease: { token: 1, holder: "ann", from: "waiting" } });
    expect(items[3]).toMatchObject({ result: { ok: true }, finishedAt: 1002 });
    expect((await queue.events({ limit: 100 })).items.map(({ kind }) => kind)).toEqual(["inserted", "failed", "user"]);
    expect((await queue.lanes())[1]?.settings).toMatchObject({ capacity: 5, keep: { failed: 7, completed: false } });

    const { jobs } = await queue.poll({ lanes: ["default"], limit: 100, lease, now: 10_000 });
    expect(jobs.map(({ id }) => id.slice(8))).toEqual(["waiting", "first", "late", "retried"]);
    expect(jobs[0]?.token).toBe(4);
    await queue.close();
    expect(await readFile(path, "utf8")).toContain(`"version":2`);
  });

  it.each([
    ["lies in a folder that does not exist", () => join(folder, "none", "jobs"), "ENOENT"],
    ["lies under a file", () => join(path, "jobs"), "ENOTDIR"],
    ["is a folder", () => folder, "EISDIR"],
  ])("refuses at once a path that %s", async (_, place, code) => {
    await writeFile(path, await written());
    const queue = memory({ snapshot: { path: place() } });

    await expect(queue.open()).rejects.toMatchObject({ code: "UNAVAILABLE", cause: { code } });
    await rm(`${folder}.lock`, { force: true });
  });

  it.skipIf(process.getuid?.() === 0)("refuses at once a folder that it may not write to", async () => {
    await chmod(folder, 0o500);

    await expect(opened()).rejects.toMatchObject({ code: "UNAVAILABLE", cause: { code: "EACCES" } });
    await chmod(folder, 0o700);
  });

  it("belongs to one store at a time", async () => {
    const first = await opened();

    await expect(opened()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await first.close();
    const second = await opened();
    await second.close();
  });

  it("takes over from a process that is no more, and not from one that lives", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    await writeFile(`${path}.lock`, String(child.pid));
    const queue = await opened();
    await queue.close();

    await writeFile(`${path}.lock`, String(process.ppid));
    await expect(opened()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("S74 a process killed while it writes leaves a snapshot that can be read", async () => {
    for (const delay of [0, 3, 11, 30]) {
      const child = spawn(
        process.execPath,
        [...process.execArgv, join(import.meta.dirname, "endless-writer.ts"), path],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      await once(child.stdout, "data");
      const isWriting = async (): Promise<void> => expect(await readdir(folder)).toContain("jobs.snapshot.tmp");
      await vi.waitFor(isWriting, { interval: 1 + delay, timeout: 10_000 });
      child.kill("SIGKILL");
      await once(child, "exit");

      const queue = await opened();
      const [status] = await queue.lanes();
      const [job] = (await queue.get(["default:0-0"])) as [Job];
      expect(status?.counts["waiting"]).toBeGreaterThanOrEqual(5000);
      expect(job.payload).toEqual({ to: "0-0" });
      await queue.close();
    }
  });
});
