import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memory } from "@anyqueue/adapter-memory";
import type { MemoryAdapter } from "@anyqueue/adapter-memory";
import { finish, lease, newJob } from "./jobs.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "anyqueue-memory-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The store before a restart, or after it once the one before is closed. */
async function opened(): Promise<MemoryAdapter> {
  const queue = memory({ snapshot: { path: join(folder, "jobs.snapshot") } });
  await queue.open();
  return queue;
}

async function restarted(queue: MemoryAdapter): Promise<MemoryAdapter> {
  await queue.close();
  return opened();
}

async function takeAll(queue: MemoryAdapter, now = 1000): Promise<string[]> {
  const { jobs } = await queue.poll({ lanes: ["default"], limit: 100, lease, now });
  return jobs.map(({ id }) => id.slice(8));
}

describe("a snapshot of shaped work", () => {
  it("P18 P25 knows who has a turn, though somebody else comes first in line", async () => {
    let queue = await opened();
    await queue.insert([newJob("a", { orderingKey: "k" }), newJob("b", { orderingKey: "k" })], { now: 1000 });
    await takeAll(queue);
    await finish(queue, "a", "failed");
    await queue.cas([{ id: "default:a", expect: { state: "failed" }, set: { state: "waiting" } }], { now: 1000 });

    queue = await restarted(queue);

    expect(await takeAll(queue)).toEqual(["b"]);
    await finish(queue, "b", "completed");
    expect(await takeAll(queue)).toEqual(["a"]);
    await queue.close();
  });

  it("P20 P25 knows which dependencies a job waits for no more", async () => {
    let queue = await opened();
    const dependsOn = ["default:a", "default:b"];
    await queue.insert([newJob("a"), newJob("b"), newJob("both", { dependsOn })], { now: 1000 });
    await takeAll(queue);
    await finish(queue, "a", "completed");
    await queue.cas([{ id: "default:a", expect: { state: "completed" }, set: { state: "fetched" } }], { now: 1000 });

    queue = await restarted(queue);

    await finish(queue, "b", "completed");
    expect(await takeAll(queue)).toEqual(["both"]);
    expect(await queue.remove({ states: ["completed"], olderThanMs: 0, limit: 9 })).toBe(0);
    await finish(queue, "both", "completed");
    expect(await queue.remove({ states: ["completed"], olderThanMs: 0, limit: 9 })).toBe(2);
    await queue.close();
  });

  it("P17 P25 knows who took a unique key last", async () => {
    let queue = await opened();
    const unique = { key: "k", until: "started" } as const;
    await queue.insert([newJob("a", { unique })], { now: 1000 });
    await takeAll(queue);
    await queue.insert([newJob("b", { unique })], { now: 1000 });

    queue = await restarted(queue);

    expect(await queue.insert([newJob("c", { unique })], { now: 1000 })).toMatchObject([
      { by: "unique", id: "default:b" },
    ]);
    const back = await queue.cas([{ id: "default:a", expect: { state: "active" }, set: { state: "waiting" } }]);
    expect(back).toEqual([{ status: "duplicate", id: "default:b" }]);
    await queue.close();
  });

  it("P19 P25 knows what is left of a rate, and how many jobs have not ended", async () => {
    let queue = await opened();
    await queue.configure("default", { rate: { limit: 2, periodMs: 1000 }, capacity: 4 });
    await queue.insert(
      ["a", "b", "c", "d"].map((id) => newJob(id)),
      { now: 1000 },
    );
    expect(await takeAll(queue, 1000)).toEqual(["a", "b"]);

    queue = await restarted(queue);

    expect(await queue.insert([newJob("e")], { now: 1000 })).toEqual([{ status: "full" }]);
    const request = { lanes: ["default"], limit: 9, lease: { ms: 9000, holder: "worker" } };
    expect(await queue.poll({ ...request, now: 1400 })).toMatchObject({ jobs: [], nextDueAt: 1500 });
    expect(await takeAll(queue, 1500)).toEqual(["c"]);
    await queue.close();
  });
});
