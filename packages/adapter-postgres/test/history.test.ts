import type { PostgresAdapter } from "@anyqueue/adapter-postgres";
import pg from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { openClient, serverUrl, temporaryRole, temporarySchema } from "./server.ts";
import { claim, job, jobs, openStore } from "./stores.ts";

const DAY = 86_400_000;
/** Some midnight, and the days from then on as partitions are named. */
const T0 = Date.UTC(2020, 0, 1);
const DAYS = ["history_20200101", "history_20200102", "history_20200103"];

let schema: string;
let store: PostgresAdapter;
let client: pg.Client;

beforeEach(async () => {
  schema = temporarySchema();
  store = await openStore({ schema });
  client = await openClient();
  await client.query(`SET search_path = ${schema}`);
});

describe("the history", () => {
  it("has a partition for today and the days to come as soon as a store is open", async () => {
    expect((await partitions()).length).toBeGreaterThanOrEqual(3);
    await finish("a", Date.now());
    expect(await counts()).toMatchObject({ history_other: 0 });
  });

  it("gets the partitions of the coming days ahead, once however often and by however many that is asked for", async () => {
    expect(await tend(T0)).toBe(3);
    expect(await tend(T0 + DAY - 1)).toBe(0);
    expect(await partitions()).toEqual(expect.arrayContaining(DAYS));
    const clients = await Promise.all([1, 2, 3, 4].map(() => openClient()));
    const made = await Promise.all(
      clients.map((one) => one.query<{ n: number }>(`SELECT ${schema}.tend_history($1) AS n`, [T0 + DAY])),
    );
    expect(made.reduce((sum, { rows }) => sum + (rows[0]?.n ?? 0), 0)).toBe(1);
  });

  it("keeps jobs of days without a partition, and moves them when there is one", async () => {
    for (const [i, at] of [T0 - 1, T0, T0 + DAY - 1, T0 + DAY, T0 + 40 * DAY].entries()) await finish(`${i}`, at);
    expect(await counts()).toMatchObject({ history_other: 5 });
    const before = await store.list({ order: "finished", limit: 9 });
    await tend(T0);
    expect(await counts()).toMatchObject({ history_other: 2, history_20200101: 2, history_20200102: 1 });
    expect(await store.list({ order: "finished", limit: 9 })).toEqual(before);
  });

  it("loses the partitions of days gone by in which nothing is left, and no others", async () => {
    await tend(T0);
    await finish("kept", T0 + DAY);
    await tend(T0 + 9 * DAY);
    expect(await partitions()).toEqual(expect.arrayContaining([DAYS[1], "history_20200110"]));
    expect(await partitions()).not.toEqual(expect.arrayContaining([DAYS[0]]));
    expect(await store.get(["default:kept"])).toMatchObject([{ state: "completed" }]);
    await store.remove({ ids: ["default:kept"] });
    await tend(T0 + 9 * DAY);
    expect(await partitions()).not.toEqual(expect.arrayContaining([DAYS[1]]));
  });

  it("gets days, and loses each, in a call of its own, so that no lock is kept while another is waited for", async () => {
    await tend(T0);
    expect(await tendOnce(T0 + 9 * DAY)).toBe(3);
    expect(await partitions()).toEqual(expect.arrayContaining(DAYS));
    expect([await tendOnce(T0 + 9 * DAY), await tendOnce(T0 + 9 * DAY)]).toEqual([1, 1]);
    expect((await partitions()).filter((part) => DAYS.includes(part))).toHaveLength(1);
  });

  it("loses every empty day as soon as a store is open", async () => {
    await tend(T0);
    await openStore({ schema });
    expect((await partitions()).filter((part) => DAYS.includes(part))).toEqual([]);
  });

  it("gets days to come however much has no day, but not one of which too many jobs would have to be moved", async () => {
    await client.query("ALTER TABLE history_other SET (fillfactor = 10)");
    await fill(50_001, {});
    const { rows } = await client.query<{ size: string }>("SELECT pg_relation_size('history_other') AS size");
    expect(Number(rows[0]?.size)).toBeGreaterThan(64 * 1024 * 1024);
    await tend(T0);
    expect(await counts()).toMatchObject({ history_other: 50_001, history_20200102: 0, history_20200103: 0 });
    expect(await partitions()).not.toContain(DAYS[0]);
  });

  it("is left as it is, without a wait, while somebody else uses it for long", async () => {
    await client.query("BEGIN; SELECT * FROM history");
    const other = await openClient();
    const made = async () => (await other.query<{ n: number }>(`SELECT ${schema}.tend_history($1) AS n`, [T0])).rows;
    expect(await made()).toEqual([{ n: 0 }]);
    await client.query("COMMIT");
    expect(await made()).toEqual([{ n: 3 }]);
  });
});

it("P3 jobs that may be stored already are looked for by their ids, however long the history is", async () => {
  await tend(Date.now() - 3 * DAY);
  for (let day = 0; day < 3; day++) await fill(5000, { lane: `lane${day}`, finished_at: Date.now() - day * DAY });
  await client.query("ANALYZE history");
  const given = JSON.stringify([...jobs(100), job("7", { lane: "lane1" })]);
  await client.query("BEGIN");
  const { rows } = await client.query(
    "SELECT insert_jobs($1, '{default,lane1}', NULL, false, false, false, false, 'on') AS answer",
    [given],
  );
  const { rows: met } = await client.query(
    `SELECT sum(pg_stat_get_xact_tuples_returned(i.indexrelid))::int AS entries
     FROM pg_index i JOIN pg_inherits h ON h.inhrelid = i.indrelid WHERE h.inhparent = 'history'::regclass`,
  );
  await client.query("COMMIT");
  expect(JSON.stringify(rows)).toContain("lane1:7");
  expect(met).toEqual([{ entries: 2 }]);
});

it("the history is read by ids without going through a day from end to end, also in plans from before there was a job in it", async () => {
  const read = async () =>
    client.query(`SELECT json_array_length(get_jobs('{default:7,default:8,no:9}')::json) AS found`);
  for (let n = 0; n < 9; n++) await read();
  await fill(5000, { finished_at: Date.now() });
  await client.query("BEGIN");
  const { rows } = await read();
  const { rows: met } = await client.query(
    `SELECT sum(pg_stat_get_xact_tuples_returned(inhrelid))::int AS rows FROM pg_inherits
     WHERE inhparent = 'history'::regclass`,
  );
  await client.query("COMMIT");
  expect([rows, met]).toEqual([[{ found: 2 }], [{ rows: 0 }]]);
});

it("the history is tended by a worker's rights, around today whatever time is given, and pruned", async () => {
  const role = await temporaryRole("secret");
  await client.query("SELECT grant_worker($1)", [role]);
  const url = new URL(await serverUrl());
  url.username = role;
  url.password = "secret";
  await fill(1500, { finished_at: T0 });
  await tend(T0);
  const now = Date.now();
  await fill(10, { lane: "late", finished_at: now - DAY });
  const worker = await openStore({ url: url.href, schema });
  const workerClient = new pg.Client(url.href);
  await workerClient.connect();
  for (const at of ["9223372036854775807", "-9223372036854775808", now + 900 * DAY, now - 900 * DAY]) {
    await workerClient.query(`SELECT ${schema}.tend_history($1)`, [at]);
  }
  await workerClient.end();
  const near = Array.from({ length: 7 }, (_, n) => nameOf(now + (n - 2) * DAY));
  const left = await counts();
  expect([DAYS[0], "history_other", ...near]).toEqual(expect.arrayContaining(Object.keys(left)));
  expect(left).toMatchObject({ [nameOf(now - DAY)]: 10, history_20200101: 1500 });
  expect(await worker.remove({ ...QUERY, lane: "default", olderThanMs: 1 })).toBe(1500);
});

it("the history is tended by its owner for any time, as far as years have four digits", async () => {
  await client.query("SELECT tend_history('9223372036854775807')");
  expect(await partitions()).toEqual(expect.arrayContaining(["history_99991229", "history_99991231"]));
  await client.query("SELECT tend_history('-9223372036854775808')");
  expect(await partitions()).toEqual(expect.arrayContaining(["history_19700101"]));
});

describe("removing a whole day", () => {
  const LATER = T0 + 5 * DAY;

  beforeEach(async () => {
    await tend(T0);
    await fill(1500, { state: "completed" });
  });

  it("P26 takes as many as the limit says, those first that finished first, where the limit is small", async () => {
    expect(await remove({ limit: 999 })).toBe(999);
    expect(await counts()).toMatchObject({ history_20200101: 501 });
  });

  it("P26 goes beyond a large limit, and counts right", async () => {
    expect(await remove({})).toBe(1500);
    expect(await counts()).toMatchObject({ history_20200101: 0 });
    expect(await remove({})).toBe(0);
  });

  it("P26 leaves what it was not told: another lane, another state, what is younger or on another day", async () => {
    await finish("side", T0, { lane: "side" });
    await finish("failed", T0, {}, "failed");
    await finish("younger", T0 + DAY - 1);
    await finish("next", T0 + DAY);
    await store.append([{ id: "default:failed", event: "kept" }]);
    const query = { lane: "default", states: ["completed"], olderThanMs: LATER - (T0 + DAY - 2) } as const;
    expect(await remove(query)).toBe(1500);
    const { items } = await store.list({ order: "finished", limit: 9 });
    expect(items.map(({ id }) => id)).toEqual(["side:side", "default:failed", "default:younger", "default:next"]);
    expect(await counts()).toMatchObject({ history_20200101: 3, history_20200102: 1 });
    expect((await store.events({ id: "default:failed", limit: 9 })).items).toMatchObject([
      { kind: "failed" },
      { data: "kept" },
    ]);
  });

  it("P26 is done one by one where many jobs of the day have to stay", async () => {
    await fill(1500, { lane: "side" });
    expect(await remove({ lane: "default" })).toBe(1000);
    expect(await counts()).toMatchObject({ history_20200101: 2000 });
  });

  it("P26 takes the logs of the jobs along", async () => {
    await store.append([
      { id: "default:7", event: 1 },
      { id: "default:8", event: 2 },
    ]);
    await remove({});
    expect((await client.query("SELECT * FROM events")).rows).toEqual([]);
  });

  it("P26 of today is done one by one, since jobs are finishing there", async () => {
    expect(await store.remove({ ...QUERY, olderThanMs: 0, now: T0 + DAY - 1 })).toBe(1000);
  });

  it("P26 is done one by one while somebody else uses the day for long", async () => {
    await client.query("BEGIN; SELECT * FROM history LIMIT 1");
    expect(await remove({})).toBe(1000);
    await client.query("COMMIT");
    expect(await remove({})).toBe(500);
  });
});

it("P26 finishing, reading, retrying, tending and removing whole days go on side by side, and nothing is lost", async () => {
  const now = Date.now();
  await tend(now - 3 * DAY);
  await fill(5000, { finished_at: now - 3 * DAY });
  await fill(5000, { finished_at: now - 2 * DAY, lane: "side" });
  const kept = jobs(400, { lane: "kept" });
  let finished = 0;
  const finishAll = async () => {
    for (let i = 0; i < kept.length; i += 10) {
      await store.insert(kept.slice(i, i + 10), { maybeStored: true });
      const held = await claim(store, 10, { lanes: ["kept"] });
      const set = { state: "completed" };
      const outcomes = await store.cas(held.map(({ id, token }) => ({ id, expect: { token }, set })));
      finished += outcomes.filter(({ status }) => status === "ok").length;
    }
  };
  const readAll = async () => {
    while (finished < kept.length) await store.get([`side:${finished}`, `default:${finished}`, `kept:${finished}`]);
  };
  const retried: string[] = [];
  const retryOne = async () => {
    for (let i = 5000; finished < kept.length && i > 0; i--) {
      const id = `side:${i}`;
      const [outcome] = await store.cas([{ id, expect: { state: "completed" }, set: { state: "waiting" } }]);
      if (outcome?.status === "ok") retried.push(id);
    }
  };
  let removed = 0;
  const removeAll = async () => {
    const other = await openClient();
    do {
      await other.query(`SELECT ${schema}.tend_history()`);
      removed += await store.remove({ ...QUERY, olderThanMs: DAY });
    } while ((await other.query(`SELECT FROM ${schema}.history WHERE lane <> 'kept' LIMIT 1`)).rowCount);
  };
  await Promise.all([finishAll(), readAll(), retryOne(), removeAll()]);
  expect([finished, removed]).toEqual([kept.length, 10_000 - retried.length]);
  const states = async (ids: readonly string[]) => new Set((await store.get(ids)).map((one) => one?.state));
  expect(await states(kept.map(({ id }) => id))).toEqual(new Set(["completed"]));
  expect(retried.length).toBeGreaterThan(0);
  expect(await states(retried)).toEqual(new Set(["waiting"]));
});

const QUERY = { states: ["completed", "failed", "cancelled"], limit: 1000 } as const;

function remove(query: Partial<Parameters<PostgresAdapter["remove"]>[0]>): Promise<number> {
  return store.remove({ ...QUERY, olderThanMs: 4 * DAY, now: T0 + 5 * DAY, ...query });
}

/** A job that ends at a time. */
async function finish(name: string, now: number, wish = {}, state = "completed"): Promise<void> {
  const one = job(name, wish);
  await store.insert([one], { now: now - 1 });
  const set = state === "failed" ? { state, error: { message: "no", attempt: 1, at: now } } : { state };
  await store.cas([{ id: one.id, expect: { state: "waiting" }, set }], { now });
}

/** Finished jobs with ids `default:1`, `default:2`, … */
async function fill(count: number, { lane = "default", state = "completed", finished_at = T0 }): Promise<void> {
  await client.query(
    `WITH named AS (INSERT INTO lane_names SELECT $2 WHERE NOT EXISTS (SELECT FROM lane_names WHERE lane = $2))
     INSERT INTO history (id, lane, type, state, priority, run_at, inserted_at, updated_at, finished_at, max_attempts, place, payload)
     SELECT $2 || ':' || n, $2, 'mail.send', $3, 512, $4, $4, $4, $4, 3, 6, 'null' FROM generate_series(1, $1) n`,
    [count, lane, state, finished_at],
  );
}

/** Goes on until nothing is left to do, and tells how much it was. */
async function tend(at: number): Promise<number> {
  for (let sum = 0; ;) {
    const done = await tendOnce(at);
    if (done === 0) return sum;
    sum += done;
  }
}

async function tendOnce(at: number): Promise<number> {
  return (await client.query<{ n: number }>("SELECT tend_history($1) AS n", [at])).rows[0]?.n ?? 0;
}

async function partitions(): Promise<readonly string[]> {
  const text =
    "SELECT inhrelid::regclass::text AS part FROM pg_inherits WHERE inhparent = 'history'::regclass ORDER BY 1";
  return (await client.query<{ part: string }>(text)).rows.map(({ part }) => part);
}

async function counts(): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (const part of await partitions()) {
    const { rows } = await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${part}`);
    found[part] = rows[0]?.n ?? 0;
  }
  return found;
}

/** The name of the partition of a day. */
function nameOf(at: number): string {
  return `history_${new Date(at).toISOString().slice(0, 10).replaceAll("-", "")}`;
}
