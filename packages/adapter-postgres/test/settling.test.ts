import type { Client } from "pg";
import { expect, it, vi } from "vitest";
import { job, jobs, claim, openStore } from "./stores.ts";
import { openClient, temporarySchema } from "./server.ts";

const lease = { ms: 60_000, holder: "test" };

it("a job is finished although the poll that travelled with it is refused by the server", async () => {
  const store = await openStore();
  await store.insert(jobs(2));
  const [held] = await claim(store, 1);
  const change = { id: held?.id ?? "", expect: { token: held?.token ?? 0 }, set: { state: "completed" } };
  const tooLong = { ms: 1e300, holder: "test" };
  const [settled, polled] = await Promise.allSettled([store.cas([change]), store.poll({ limit: 1, lease: tooLong })]);
  expect(polled.status).toBe("rejected");
  expect(settled).toMatchObject({ status: "fulfilled", value: [{ status: "ok" }] });
});

it("finishing jobs and asking for the next ones is one transaction", async () => {
  const schema = temporarySchema();
  const store = await openStore({ schema });
  await store.insert(jobs(2));
  const [held] = await claim(store, 1);
  const change = { id: held?.id ?? "", expect: { token: held?.token ?? 0 }, set: { state: "completed" } };
  const [[outcome], { jobs: next }] = await Promise.all([store.cas([change]), store.poll({ limit: 1, lease })]);
  expect([outcome?.status, next.length]).toEqual(["ok", 1]);
  const client = await openClient();
  const { rows } = await client.query(
    `SELECT xmin::text FROM ${schema}.history UNION SELECT xmin::text FROM ${schema}.hot_jobs`,
  );
  expect(rows).toHaveLength(1);
});

it("P6 a lease counts from when it is given, however long the settling waited that travelled with its claim", async () => {
  const schema = temporarySchema();
  const store = await openStore({ schema });
  await store.insert(jobs(2));
  const [held] = await claim(store, 1);
  const change = { id: held?.id ?? "", expect: { token: held?.token ?? 0 }, set: { state: "completed" } };
  const client = await openClient();
  await client.query("BEGIN");
  await client.query(`SELECT FROM ${schema}.hot_jobs WHERE id = $1 FOR UPDATE`, [change.id]);
  const both = Promise.all([store.cas([change]), store.poll({ limit: 1, lease: { ms: 500, holder: "test" } })]);
  await blocking(client);
  await client.query("SELECT pg_sleep(0.6)");
  const { rows } = await client.query<{ now: number }>(
    "SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now",
  );
  await client.query("COMMIT");
  const [[outcome], { jobs: next }] = await both;
  expect([outcome?.status, next.length]).toEqual(["ok", 1]);
  expect(next[0]?.lease?.until).toBeGreaterThan(rows[0]?.now ?? Infinity);
});

/** Resolves once somebody waits for a lock of this connection. */
async function blocking(client: Client): Promise<void> {
  await vi.waitFor(
    async () => {
      const { rows } = await client.query(
        "SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))",
      );
      expect(rows).not.toHaveLength(0);
    },
    { timeout: 60_000 },
  );
}

it("P3 an id that may exist is refused in a transaction whose snapshot is too old to tell", async () => {
  const schema = temporarySchema();
  const store = await openStore({ schema });
  await store.insert([job("x")]);
  const client = await openClient();
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  await client.query("SELECT 1");
  const [held] = await claim(store, 1);
  await store.cas([{ id: "default:x", expect: { token: held?.token ?? 0 }, set: { state: "completed" } }]);
  await expect(store.insert([job("x")], { tx: client, maybeStored: true })).rejects.toMatchObject({
    code: "INVALID",
    message: expect.stringContaining("READ COMMITTED") as unknown,
  });
  await client.query("ROLLBACK");
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  expect(await store.insert([job("fresh")], { tx: client })).toEqual([{ status: "added", id: "default:fresh" }]);
  await client.query("COMMIT");
  expect((await store.list({ limit: 9 })).items.map(({ id, state }) => [id, state])).toEqual([
    ["default:x", "completed"],
    ["default:fresh", "waiting"],
  ]);
});

it("P7 jobs that go to the end together keep the order of the call", async () => {
  const store = await openStore();
  await store.insert(jobs(3));
  const changes = ["2", "0", "1"].map((name) => ({
    id: `default:${name}`,
    expect: { state: "waiting" },
    set: { requeue: true as const, runAt: 1 },
  }));
  await store.cas(changes);
  expect((await claim(store, 9)).map(({ id }) => id)).toEqual(["default:2", "default:0", "default:1"]);
});
