import { planMigration } from "@anyqueue/api";
import type { PostgresAdapter } from "@anyqueue/adapter-postgres";
import { describe, expect, it } from "vitest";
import { catalogOf } from "./catalog.ts";
import { telling } from "./connections.ts";
import { openClient, runSql, serverUrl, temporarySchema } from "./server.ts";
import { claim, job, jobs, makeStore, openStore } from "./stores.ts";

const LANES = ["lane0", "lane1", "lane2", "lane3", "lane4"];
const EIGHT = { by: "lane", count: 8 } as const;

describe("partitions by lane", () => {
  it("are made for a new store, and later for one that exists, and come to the same", async () => {
    const [fresh, switched] = [temporarySchema(), temporarySchema()];
    await openStore({ schema: fresh, partitions: EIGHT });
    await openStore({ schema: switched });
    await openStore({ schema: switched, partitions: EIGHT });
    expect(await catalogOf(switched)).toEqual(await catalogOf(fresh));
  });

  it("are vacuumed as often as the plain table, and leave as much room for updates", async () => {
    const [plain, parted] = [temporarySchema(), temporarySchema()];
    await openStore({ schema: plain });
    await openStore({ schema: parted, partitions: EIGHT });
    const [settings] = await settingsOf(plain);
    expect(settings).toEqual(expect.arrayContaining(["fillfactor=85"]));
    expect(await settingsOf(parted)).toEqual(Array.from({ length: 8 }, () => settings));
  });

  it("P25 lose nothing of a store that exists: jobs, leases, tokens and places stay as they are", async () => {
    const schema = temporarySchema();
    const store = await openStore({ schema });
    for (const lane of ["default", "mail", "media"])
      await store.insert(jobs(50, { lane, progress: { at: [1, null] } }));
    await store.insert(jobs(9, { lane: "later", delayMs: 3_600_000, group: "g" }));
    await store.configure("mail", { paused: true });
    const held = await claim(store, 20, { lanes: ["default", "media"] });
    const before = await contentOf(store);

    const parted = await openStore({ schema, partitions: EIGHT });
    expect(await contentOf(parted)).toEqual(before);
    const [first, second] = held;
    const changes = [first, second].map((job) => ({
      id: job?.id ?? "",
      expect: { token: job?.token ?? 0 },
      set: { state: "completed" },
    }));
    // Also by who had opened the store before.
    expect(await store.cas(changes.slice(0, 1))).toMatchObject([{ status: "ok" }]);
    expect(await parted.cas(changes)).toMatchObject([{ status: "stale" }, { status: "ok" }]);
    const rest = await claim(parted, 200, { lanes: ["default", "media"] });
    expect(rest).toHaveLength(80);
    const highest = Math.max(...held.map(({ token }) => token));
    expect(rest.every(({ token }) => token > highest)).toBe(true);
    expect(await claim(store, 1, { lanes: ["mail"] })).toEqual([]);
  });

  it("stay as they are for who opens the store without a word about them", async () => {
    const schema = temporarySchema();
    await openStore({ schema, partitions: EIGHT });
    const before = await catalogOf(schema);
    const store = await openStore({ schema });
    await store.insert(jobs(3));
    expect(await claim(store, 9)).toHaveLength(3);
    expect(await catalogOf(schema)).toEqual(before);
  });

  it.each([1, 4])("are not changed to %i by opening, but by the SQL of the plan", async (count) => {
    const schema = temporarySchema();
    const store = await openStore({ schema, partitions: EIGHT });
    for (const lane of ["default", "mail", "media"]) await store.insert(jobs(10, { lane }));
    const before = await contentOf(store);
    const partitions = { by: "lane", count } as const;
    await expect(makeStore({ schema, partitions }).then((other) => other.open())).rejects.toMatchObject({
      code: "INVALID",
      message: telling("in 8 partitions"),
    });

    const plan = await planOf(schema, count);
    expect(plan).toMatchObject({ from: 2, to: 2, changes: [telling("Moves unfinished jobs into")] });
    await runSql(plan.sql);
    expect(await contentOf(await openStore({ schema, partitions }))).toEqual(before);
    const fresh = temporarySchema();
    await openStore({ schema: fresh, partitions });
    expect(await catalogOf(schema)).toEqual(await catalogOf(fresh));
  });

  it("P25 are moved into once by the SQL of a plan, however often and late it is run", async () => {
    const schema = temporarySchema();
    const store = await openStore({ schema });
    await store.insert(jobs(10));
    const [eight, four] = [await planOf(schema, 8), await planOf(schema, 4)];
    await runSql(eight.sql);
    const tables = await oids(schema);
    await expect(runSql(eight.sql)).rejects.toThrow("not in one table any more");
    await expect(runSql(four.sql)).rejects.toThrow("not in one table any more");
    const back = await planOf(schema, 1);
    expect(await oids(schema)).toEqual(tables);
    await runSql(back.sql);
    await expect(runSql(back.sql)).rejects.toThrow("not in 8 partitions any more");
    expect((await store.list({ limit: 99 })).items).toHaveLength(10);
  });

  it("P25 are not made by code that is older than the store", async () => {
    const schema = temporarySchema();
    await openStore({ schema });
    await runSql(`UPDATE ${schema}.schema_info SET version = 99`);
    await expect(openStore({ schema, partitions: EIGHT })).rejects.toMatchObject({ code: "SCHEMA_NEWER" });
    await openStore({ schema });
  });
});

describe("switching partitions on", () => {
  it("P25 while others add and work loses nothing, does nothing twice, and is an error to nobody", async () => {
    const schema = temporarySchema();
    const stores = await Promise.all([1, 2, 3].map(() => openStore({ schema })));
    const done = new Map<string, number>();
    let isOver = false;
    let added = 0;
    const produce = async (store: PostgresAdapter, n: number) => {
      for (let round = 0; !isOver; round++) {
        const lane = `lane${round % 5}`;
        const batch = Array.from({ length: 10 }, (_, i) => job(`${n}-${round}-${i}`, { lane, maxAttempts: 1000 }));
        // As new ones, and as ones that may be stored already.
        await store.insert(batch, { maybeStored: round % 2 === 0 });
        added += batch.length;
      }
    };
    const work = async (store: PostgresAdapter) => {
      for (;;) {
        const held = await claim(store, 20, { lanes: LANES });
        if (held.length === 0 && isOver) return;
        await store.append(held.slice(0, 3).map(({ id, token }) => ({ id, token, event: "seen" })));
        const outcomes = await store.cas(
          held.map(({ id, token }, i) => {
            const change = { id, expect: { token }, set: { state: "completed" } };
            // Every other one by the function that decides in full.
            return i % 2 === 0 ? change : { ...change, event: "done" };
          }),
        );
        for (const [i, { status }] of outcomes.entries()) {
          expect(status).toBe("ok");
          const id = held[i]?.id ?? "";
          done.set(id, (done.get(id) ?? 0) + 1);
        }
      }
    };
    // As other languages do; their functions have a job in hand as well.
    const workBySql = async (n: number) => {
      const client = await openClient();
      for (;;) {
        const text = `SELECT f.status FROM ${schema}.claim('{lane0,lane1}', 3) c, ${schema}.fail(c.id, c.token, 'no', '0 s') f`;
        const { rows } = await client.query<{ status: string }>(text);
        for (const { status } of rows) expect(status).toBe("ok");
        if (isOver) return n;
      }
    };
    const all = Promise.all(stores.flatMap((store, n) => [produce(store, n), work(store), work(store), workBySql(n)]));
    const reach = (count: number) => expect.poll(() => done.size).toBeGreaterThan(count);
    await reach(200);
    await openStore({ schema, partitions: EIGHT });
    await reach(done.size + 200);
    const plan = await planOf(schema, 3);
    await runSql(plan.sql);
    await reach(done.size + 200);
    isOver = true;
    await all;
    expect([done.size, [...done.values()].every((times) => times === 1)]).toEqual([added, true]);
    const client = await openClient();
    const { rows } = await client.query(
      `SELECT (SELECT count(*) FROM ${schema}.hot_jobs)::int AS hot, count(*)::int AS ended, count(DISTINCT id)::int AS jobs
       FROM ${schema}.history`,
    );
    expect(rows).toEqual([{ hot: 0, ended: added, jobs: added }]);
  });
});

async function planOf(schema: string, count: number) {
  const partitions = { by: "lane", count };
  const plan = await planMigration({ backend: "postgres", url: await serverUrl(), schema, partitions });
  if (plan === undefined) throw new Error("There is no plan.");
  return plan;
}

async function settingsOf(schema: string): Promise<unknown[]> {
  const client = await openClient();
  const { rows } = await client.query<{ reloptions: string[] }>(
    `SELECT reloptions FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND relname ~ '^hot_jobs'`,
    [schema],
  );
  return rows.map(({ reloptions }) => reloptions.toSorted());
}

async function contentOf(store: PostgresAdapter): Promise<unknown> {
  return [
    await store.list({ limit: 1000, order: "inserted" }),
    await store.list({ limit: 1000, order: "poll" }),
    await store.lanes(),
  ];
}

/** Which tables there are: one that was made again is another. */
async function oids(schema: string): Promise<unknown> {
  const client = await openClient();
  const text =
    "SELECT oid, relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relname ~ '^hot_jobs' ORDER BY 1";
  return (await client.query(text, [schema])).rows;
}
