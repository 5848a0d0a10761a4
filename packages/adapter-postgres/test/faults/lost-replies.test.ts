import { type Duration, isQueueError, Queue } from "@anyqueue/api";
import { postgres } from "@anyqueue/adapter-postgres";
import type pg from "pg";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openConnection, openPool, telling } from "../connections.ts";
import { openClient, temporarySchema } from "../server.ts";
import { CuttingProxy } from "./cutting-proxy.ts";
import { Load, STORMS } from "./load.ts";

describe("a connection that is cut between the commit and its reply", () => {
  let schema: string;
  let proxy: CuttingProxy;
  let queue: Queue;
  let client: pg.Client;

  beforeEach(async () => {
    schema = temporarySchema();
    proxy = await CuttingProxy.start();
    queue = await openQueueAt(proxy.url, schema);
    client = await openClient();
  });

  /** How often each job is stored, past all that an adapter might hide. */
  const stored = async (): Promise<unknown[]> => {
    const tables = ["hot_jobs", "history"].map((table) => `SELECT payload FROM ${schema}.${table}`).join(" UNION ALL ");
    const { rows } = await client.query<{ payload: unknown }>(
      `${tables} ORDER BY 1`.replaceAll("payload", "payload::text"),
    );
    return rows.map(({ payload }) => payload);
  };

  it("P3 adds a job once, and says that it is added", async () => {
    const cut = proxy.cutReply("insert_jobs");
    expect(await queue.add("mail.send", 1)).toMatchObject({ status: "added" });
    await cut;
    expect(await stored()).toEqual(["1"]);
  });

  it("P3 adds a job that the caller has named once, and says that it exists", async () => {
    const cut = proxy.cutReply("insert_jobs");
    expect(await queue.add("mail.send", 1, { id: "mine" })).toMatchObject({ status: "existing", id: "default:mine" });
    await cut;
    expect(await stored()).toEqual(["1"]);
  });

  it("P4 adds all of the jobs that go together once, and says so", async () => {
    const cut = proxy.cutReply("insert_jobs");
    const wishes = [1, 2, 3].map((payload) => ({ type: "mail.send", payload }));
    const outcomes = await queue.addMany(wishes, { allOrNone: true });
    await cut;
    expect(outcomes.map(({ status }) => status)).toEqual(["added", "added", "added"]);
    expect(await stored()).toEqual(["1", "2", "3"]);
  });

  it("P3 adds a job once as well when it was not the reply that was lost but the request", async () => {
    const cut = proxy.cutRequest("insert_jobs");
    expect(await queue.add("mail.send", 1)).toMatchObject({ status: "added" });
    await cut;
    expect(await stored()).toEqual(["1"]);
  });

  it("P12 tells the caller of `cas` that nobody knows, does it once, and refuses it the second time", async () => {
    const { id } = await queue.add("mail.send", 1);
    const receipt = await queue.receive();
    const cut = proxy.cutReply("settle");
    const change = { id, expect: { token: receipt?.job.token ?? 0 }, set: { state: "completed", result: "done" } };
    await expect(queue.cas([change])).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: telling("not known whether the call took effect"),
    });
    await cut;
    expect(await queue.cas([change])).toEqual([
      { status: "stale", state: "completed", token: change.expect.token, version: 3 },
    ]);
    expect(await queue.get(id)).toMatchObject({ state: "completed", result: "done", version: 3 });
  });

  it("P12 does what takes the slower way once, too", async () => {
    const { id } = await queue.add("mail.send", 1);
    const cut = proxy.cutReply(".cas");
    const change = { id, expect: { version: 1 }, set: { priority: 7 }, event: { note: 1 } };
    await expect(queue.cas([change])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await cut;
    expect(await queue.cas([change])).toMatchObject([{ status: "conflict", version: 2 }]);
    expect((await queue.eventPage({ id, limit: 9 })).items).toHaveLength(1);
  });

  it("P22 tells the caller of `append` that nobody knows, and appends once", async () => {
    const { id } = await queue.add("mail.send", 1);
    const cut = proxy.cutReply("append_events");
    await expect(queue.append([{ id, event: 1 }])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await cut;
    expect((await queue.eventPage({ id, limit: 9 })).items).toHaveLength(1);
  });

  it("P14 lets a worker complete its job once, and know it", async () => {
    const cut = proxy.cutReply("settle");
    const { ended, runs } = work(queue);
    await queue.add("mail.send", 1);
    await cut;
    expect(await ended).toBe("completed");
    expect(runs).toEqual([1]);
    expect(await queue.list({ limit: 9 })).toMatchObject({ items: [{ state: "completed", attempt: 1, version: 3 }] });
  });

  it("P15 costs a job that was polled one attempt, and then it runs", async () => {
    const { id } = await queue.add("mail.send", 1, { backoff: { type: "fixed", delay: 0 } });
    const cut = proxy.cutReply(".poll");
    const { ended, runs } = work(queue, "300ms");
    await cut;
    expect(await ended).toBe("completed");
    expect(runs).toEqual([2]);
    const { items } = await queue.eventPage({ id, limit: 9 });
    expect(items).toMatchObject([{ kind: "failed", error: { code: "LEASE_ENDED", attempt: 1 } }]);
  });

  it("P6 does not keep a worker from renewing its lease again, and again", async () => {
    const { id } = await queue.add("mail.send", 1);
    const cuts = [proxy.cutReply("renew"), proxy.cutReply("renew")];
    const { ended, runs } = work(queue, "1s", () => Promise.all(cuts));
    expect(await ended).toBe("completed");
    expect(runs).toEqual([1]);
    expect(await queue.get(id)).toMatchObject({ attempt: 1, version: 3 });
  });

  it(
    "P1 P3 P6 P15 loses nothing under load, whichever statement it was, and runs nothing twice but after a lease",
    { timeout: 60_000 * (1 + STORMS) },
    async ({ annotate }) => {
      const cuts = 5 * STORMS;
      const report = await Load.during({ url: proxy.url, schema, jobs: 500 * STORMS }, async () => {
        for (let n = 0; n < cuts; n++) {
          for (const statement of ["insert_jobs", ".poll", "settle"]) {
            await proxy.cutReply(statement);
            await proxy.cutRequest(statement);
          }
        }
      });
      await annotate(JSON.stringify(report));
      expect(report.complaints).toEqual([]);
      const { insert = 0, poll = 0, cas = 0 } = report.troubles;
      expect(Math.min(insert, poll, cas)).toBeGreaterThanOrEqual(2 * cuts);
    },
  );
});

describe("a connection that is ended in the same breath in which it is accepted", () => {
  it("harms nobody, in a pool of our own and in a given one", async () => {
    const proxy = await CuttingProxy.start();
    const own = await openConnection({ url: proxy.url, connections: 3 });
    const pool = await openPool({ connectionString: proxy.url, max: 3 });
    pool.on("error", () => undefined);
    const given = await openConnection({ pool });
    for (const connection of [own, given]) {
      proxy.endNext(2);
      const outcomes = await Promise.all(
        [1, 2, 3].map((n) =>
          connection.query("SELECT $1::int", [n]).catch((error: unknown) => isQueueError(error, "UNAVAILABLE")),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === true)).toHaveLength(2);
      expect(await connection.query("SELECT 1")).toEqual([[1]]);
    }
  });
});

async function openQueueAt(url: string, schema: string): Promise<Queue> {
  const queue = new Queue(postgres({ url, schema, connections: 3, notify: false }), { schedules: false });
  await queue.open();
  onTestFinished(() => queue.close());
  return queue;
}

/** Runs one job, and tells of which attempts and how the first that ended did. */
function work(queue: Queue, lease: Duration = "30s", during: () => unknown = () => undefined) {
  const runs: number[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  const worker = queue.work(
    {
      "**": async ({ attempt }) => {
        runs.push(attempt);
        await during();
      },
    },
    { lease, interval: "100ms" },
  );
  worker.on("error", () => undefined);
  for (const end of ["completed", "failed", "lost"] as const) worker.on(end, () => resolve(end));
  return { ended, runs };
}
