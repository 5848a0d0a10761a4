import { describe, expect, it } from "vitest";
import { openClient, temporarySchema } from "./server.ts";
import { job, openStore } from "./stores.ts";

describe("a job that is removed while another one comes under its id", () => {
  it("P3 leaves its place to the other one, if it is gone before it could be told of", async () => {
    const schema = temporarySchema();
    const store = await openStore({ schema });
    const [client, watcher] = [await openClient(), await openClient()];
    await store.insert([{ ...job("same"), payload: "old" }]);
    // An insert looks into the history after it has met the old job, and before it reads that.
    await client.query(`BEGIN; LOCK TABLE ${schema}.history IN ACCESS EXCLUSIVE MODE`);
    const fresh = { ...job("same"), payload: "new" };
    const inserted = store.insert([fresh], { maybeStored: true });
    const waiting = "SELECT FROM pg_locks WHERE NOT granted AND relation = $1::regclass";
    const count = async () => (await watcher.query(waiting, [`${schema}.history`])).rowCount;
    await expect.poll(count).toBe(1);
    await client.query(`DELETE FROM ${schema}.hot_jobs; COMMIT`);
    expect(await inserted).toEqual([{ status: "added", id: fresh.id }]);
    expect(await store.get([fresh.id])).toMatchObject([{ payload: "new" }]);
  });
});
