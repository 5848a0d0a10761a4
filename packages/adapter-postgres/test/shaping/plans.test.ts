import type { Client } from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { pagesOf } from "../pages.ts";
import { openClient, temporarySchema, useServerAlone } from "../server.ts";
import { openStore } from "../stores.ts";

const BACKLOG = 20_000;

useServerAlone();

/** Right after a bulk load the planner knows the tables as they were: never looked at, empty, or full. */
describe.each([
  "no statistics",
  "the statistics of empty tables",
  "statistics of their own",
  "plans from when they were empty",
])("with %s", (statistics) => {
  let client: Client;

  beforeEach(async () => {
    const schema = temporarySchema();
    const store = await openStore({ schema });
    await store.close();
    client = await openClient();
    await client.query(`SET search_path = ${schema}`);
    const tables = ["hot_jobs", "dependencies", "unique_keys", "debts"];
    for (const table of tables) await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = off)`);
    if (statistics === "the statistics of empty tables") await client.query(`VACUUM ANALYZE ${tables.join()}`);
    const isEarly = statistics === "plans from when they were empty";
    if (isEarly) await prime();
    // In lane a jobs that wait behind one key, jobs that are blocked, and jobs that are ready, under a key each.
    const insert = (id: string, place: number, okey: string, extra = "NULL") =>
      `INSERT INTO hot_jobs (priority, run_at, inserted_at, updated_at, max_attempts, place, id, lane, type, state, okey, extra, payload)
       SELECT 5, 1, 1, 1, 3, ${place}, '${id}' || n, 'a', 'demo', ${place === 3 ? "'blocked'" : "'waiting'"}, ${okey}, ${extra}, '1'
       FROM generate_series(1, ${BACKLOG}) n`;
    await client.query(insert("a:parked", 2, "'busy'"));
    await client.query(insert("a:blocked", 3, "NULL"));
    await client.query(
      insert(
        "a:ready",
        0,
        "'k' || n",
        `json_build_object('unique', json_build_object('key', 'u' || n, 'until', 'finished'))`,
      ),
    );
    await client.query(
      `INSERT INTO unique_keys SELECT 'a', 'u' || n, 'a:ready' || n FROM generate_series(1, ${BACKLOG}) n`,
    );
    await client.query(
      `INSERT INTO dependencies SELECT 'a:blocked' || n, 'a:ready' || n, 'cancel' FROM generate_series(1, ${BACKLOG}) n`,
    );
    if (statistics === "statistics of their own") await client.query(`ANALYZE ${tables.join()}`);
    if (!isEarly) await prime();
  });

  it("P18 a claim reads no more than it takes, and gives a turn, beside as many jobs that wait for one", async () => {
    expect(await pagesOf(client, poll("a"))).toBeLessThan(2000);
    await client.query("INSERT INTO debts (lane, okey) VALUES ('a', 'busy'), ('a', 'k1')");
    expect(await pagesOf(client, poll("a"))).toBeLessThan(2500);
    const { rows } = await client.query("SELECT id FROM hot_jobs WHERE okey = 'busy' AND place <> 2");
    expect(rows).toEqual([{ id: "a:parked1" }]);
  });

  it("P20 who finishes a job finds just those who depend on it", async () => {
    const { rows } = await client.query<{ id: string; token: string }>(
      `SELECT id, token FROM ${poll("a")} WHERE kind = 0 ORDER BY id COLLATE "C" LIMIT 20`,
    );
    const ids = `'{${rows.map(({ id }) => id).join()}}'`;
    const tokens = `'{${rows.map(({ token }) => token).join()}}'`;
    const all = (value: string) => `array_fill(${value}, ARRAY[20])`;
    const call = (state: string, from: number, to: number) =>
      `settle((${ids}::text[])[${from} : ${to}], (${tokens}::bigint[])[${from} : ${to}], ${all(`'${state}'::text`)}, ${all("NULL::text")}, NULL, 'on')`;
    expect(await pagesOf(client, call("completed", 1, 10))).toBeLessThan(2500);
    expect(await pagesOf(client, call("failed", 11, 20))).toBeLessThan(2500);
    const found = await client.query(
      "SELECT state, count(*)::int FROM jobs WHERE id ~ 'blocked' AND state <> 'blocked' GROUP BY 1 ORDER BY 1",
    );
    expect(found.rows).toEqual([
      { state: "cancelled", count: 10 },
      { state: "waiting", count: 10 },
    ]);
  });

  it("P17 P20 who adds a job looks only at the key and the jobs that it names, and who removes it, too", async () => {
    const held = { id: "a:x", lane: "a", extra: { unique: { key: "u7", until: "finished" } } };
    expect(await pagesOf(client, add(held))).toBeLessThan(500);
    const free = {
      id: "a:y",
      lane: "a",
      extra: { unique: { key: "free", until: "finished" }, dependsOn: ["a:ready9"], orderingKey: "busy" },
    };
    expect(await pagesOf(client, add(free))).toBeLessThan(1000);
    // That it is blocked for good is seen to by the next poll.
    expect(await pagesOf(client, poll("a"))).toBeLessThan(2500);
    expect(await pagesOf(client, "remove_jobs('{a:y,a:ready9,a:parked5}')")).toBeLessThan(1500);
  });

  /** The first call in a session also reads the catalog, and plans. */
  async function prime(): Promise<void> {
    await pagesOf(client, poll("b"));
    await pagesOf(
      client,
      add({ id: "b:1", lane: "b", extra: { unique: { key: "1", until: "finished" }, orderingKey: "1" } }),
    );
    await pagesOf(client, poll("b"));
    await pagesOf(client, add({ id: "b:2", lane: "b", extra: { dependsOn: ["b:1"] } }));
    await pagesOf(client, "settle('{b:1}', '{1}', '{failed}', '{NULL}', NULL, 'on')");
    await pagesOf(
      client,
      "settle(ARRAY(SELECT id FROM hot_jobs WHERE place = 4), ARRAY(SELECT token FROM hot_jobs WHERE place = 4), '{failed}', '{NULL}', NULL, 'on')",
    );
    await pagesOf(
      client,
      add({ id: "b:3", lane: "b", extra: { unique: { key: "1", until: "finished" }, orderingKey: "1" } }),
    );
    await pagesOf(client, "remove_jobs('{b:3}')");
  }

  function poll(lane: string): string {
    return `poll('{${lane}}', '{100}', 0, NULL, NULL, NULL, 'waiting', 'active', 100, 30000, 'me', 0, NULL, NULL, NULL)`;
  }

  function add(job: object): string {
    const whole = { type: "t", state: "waiting", priority: 1, maxAttempts: 1, ...job };
    return `insert_jobs('${JSON.stringify([whole])}', '{a}', NULL, true, false, true, false, NULL)`;
  }
});
