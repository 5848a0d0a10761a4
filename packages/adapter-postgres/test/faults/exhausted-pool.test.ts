import { once } from "node:events";
import { isQueueError, type Job, Queue } from "@anyqueue/api";
import { postgres } from "@anyqueue/adapter-postgres";
import type pg from "pg";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { connectedPool, telling } from "../connections.ts";
import { temporarySchema } from "../server.ts";
import { job } from "../stores.ts";

const WAIT_MS = 100;

describe("a given pool whose connections the application has taken, all of them", () => {
  let pool: pg.Pool;
  let queue: Queue;

  beforeEach(async () => {
    pool = await connectedPool({ max: 3, connectionTimeoutMillis: WAIT_MS });
    queue = new Queue(postgres({ pool, schema: temporarySchema(), notify: false }));
    await queue.open();
    onTestFinished(() => queue.close());
  });

  it("lets no verb wait for long: each is UNAVAILABLE, and works again once there is one", async () => {
    const adapter = postgres({ pool, schema: temporarySchema(), notify: false });
    await adapter.open();
    onTestFinished(() => adapter.close());
    const change = { id: "default:a", expect: { version: 9 }, set: { priority: 1 } };
    const verbs = {
      insert: () => adapter.insert([job("a")]),
      poll: () => adapter.poll({ limit: 1, lease: { ms: 1000, holder: "me" } }),
      cas: () => adapter.cas([change]),
      get: () => adapter.get(["default:a"]),
      list: () => adapter.list({ limit: 1 }),
      remove: () => adapter.remove({ ids: ["default:b"] }),
      append: () => adapter.append([{ id: "default:a", event: 1 }]),
      events: () => adapter.events({ limit: 1 }),
      lanes: () => adapter.lanes(),
      configure: () => adapter.configure("default", { paused: true }),
    };
    const giveBack = await take(pool, 3);
    for (const verb of Object.values(verbs)) {
      const refused = { code: "UNAVAILABLE", message: telling("None of the 3 connections") };
      await expect(verb()).rejects.toMatchObject(refused);
    }
    giveBack();
    await Promise.all(Object.values(verbs).map((verb) => verb()));
    expect(pool).toMatchObject({ waitingCount: 0 });
  });

  it("P3 keeps an add waiting that can be made as soon as there is one, and a worker claims again", async () => {
    const giveBack = await take(pool, 3);
    const errors: unknown[] = [];
    const worker = queue.work({ "**": ({ payload }) => payload }, { interval: "50ms" });
    const troubled = new Promise<unknown>((resolve) => worker.on("error", resolve));
    const added = queue.add("mail.send", 1);
    added.catch((error: unknown) => errors.push(error));
    expect(isQueueError(await troubled, "UNAVAILABLE")).toBe(true);
    giveBack();
    const { id } = await added;
    expect(await queue.result(id, { timeout: "10s" })).toBe(1);
    expect(errors).toEqual([]);
  });

  it("P15 stops a handler before its lease ends, and lets the job run again", async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const attempts: number[] = [];
    const worker = queue.work(
      {
        "**": async ({ attempt }, { signal }) => {
          attempts.push(attempt);
          begin();
          if (attempt === 1) await once(signal, "abort");
          return `attempt ${attempt}`;
        },
      },
      { lease: "500ms", interval: "50ms" },
    );
    worker.on("error", () => undefined);
    const lost = new Promise<Job>((resolve) => worker.once("lost", resolve));
    const { id } = await queue.add("mail.send", 1, { backoff: { type: "fixed", delay: 0 } });
    await begun;
    const giveBack = await take(pool, 3);
    expect((await lost).id).toBe(id);
    giveBack();
    expect(await queue.result(id, { timeout: "10s" })).toBe("attempt 2");
    expect(attempts).toEqual([1, 2]);
  });
});

/** Takes so many connections, as soon as they can be had. */
async function take(pool: pg.Pool, count: number): Promise<() => void> {
  const clients: pg.PoolClient[] = [];
  while (clients.length < count) {
    try {
      clients.push(await pool.connect());
    } catch {
      // Others were faster.
    }
  }
  return () => {
    for (const client of clients) client.release();
  };
}
