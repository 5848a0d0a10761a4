import type pg from "pg";
import { describe, expect, it } from "vitest";
import { openClient, temporarySchema } from "./server.ts";
import { job, openStore } from "./stores.ts";

describe("a job that is removed while another one comes under its id", () => {
  it("P3 leaves its place to the other one, if it is gone before it could be told of", async () => {
    const schema = temporarySchema();
    const store = await openStore({ schema });
    await store.insert([{ ...job("same"), payload: "old" }]);
    const client = await holdHistory(schema);
    const fresh = { ...job("same"), payload: "new" };
    const inserted = store.insert([fresh], { maybeStored: true });
    await isWaitedFor(client);
    await client.query(`DELETE FROM ${schema}.hot_jobs; COMMIT`);
    expect(await inserted).toEqual([{ status: "added", id: fresh.id }]);
    expect(await store.get([fresh.id])).toMatchObject([{ payload: "new" }]);
  });

  it("P4 stops no call that is all or none, if it is gone before it could be told of", async () => {
    const schema = temporarySchema();
    const store = await openStore({ schema });
    await store.insert([{ ...job("same"), payload: "old" }]);
    const client = await holdHistory(schema);
    const fresh = [job("other"), { ...job("same"), payload: "new" }];
    const inserted = store.insert(fresh, { maybeStored: true, allOrNone: true });
    await isWaitedFor(client);
    await client.query(`DELETE FROM ${schema}.hot_jobs; COMMIT`);
    expect(await inserted).toEqual(fresh.map(({ id }) => ({ status: "added", id })));
    expect(await store.get(fresh.map(({ id }) => id))).toMatchObject(fresh);
  });

  it("P22 makes no event without a token stale, however often the job goes and comes back", async () => {
    const schema = temporarySchema();
    const store = await openStore({ schema });
    const client = await holdHistory(schema);
    // It has looked among the unfinished jobs, in vain.
    const appended = store.append([{ id: "default:same", event: 1 }]);
    await isWaitedFor(client);
    await store.insert([job("same")]);
    const other = await openClient();
    await other.query(`BEGIN; SET LOCAL search_path TO ${schema}; CREATE TEMP TABLE kept AS SELECT * FROM hot_jobs;
      DELETE FROM hot_jobs; INSERT INTO hot_jobs SELECT * FROM kept`);
    await client.query("COMMIT");
    // It looks once more, and meets one that goes.
    await isWaitedFor(other);
    await other.query("COMMIT");
    expect(await appended).toEqual([{ status: "missing" }]);
    expect(await store.append([{ id: "default:same", event: 2 }])).toEqual([{ status: "ok" }]);
  });
});

/** Calls look into the history after they have met unfinished jobs, or have not, and before they tell of them. */
async function holdHistory(schema: string): Promise<pg.Client> {
  const client = await openClient();
  await client.query(`BEGIN; LOCK TABLE ${schema}.history IN ACCESS EXCLUSIVE MODE`);
  return client;
}

/** Returns as soon as somebody waits for what this transaction holds. */
async function isWaitedFor(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const watcher = await openClient();
  const waiting = "SELECT FROM pg_locks WHERE NOT granted AND $1 = ANY (pg_blocking_pids(pid))";
  await expect.poll(async () => (await watcher.query(waiting, [rows[0]?.pid])).rowCount).toBe(1);
}
