import type { Client } from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { pagesOf } from "./pages.ts";
import { openClient, temporarySchema, useServerAlone } from "./server.ts";
import { openStore } from "./stores.ts";

const CLAIMS = [
  `poll(${asked(10)})`,
  `poll(${asked(10, "'{demo}', '{}'")})`,
  `poll(${asked(10, "'{other}', '{}'")})`,
  `poll(${asked(0)})`,
  `poll_jobs(${asked(10)})`,
  `settle_and_poll('{}', '{}', '{}', '{}', NULL, NULL, ${asked(10)})`,
  "candidates('a', 'waiting', false, NULL, 10, NULL)",
];

const BACKLOG = 10_000;

useServerAlone();

/**
 * A session plans a statement once, by what the planner believes of the table then, and keeps the plan until statistics are
 * collected. To a queue that has no backlog all ways to read it look alike.
 */
describe.each([
  { layout: "one table", partitions: undefined },
  { layout: "partitions by lane", partitions: { by: "lane", count: 3 } as const },
])("in $layout", ({ partitions }) => {
  describe.each([
    { past: "was new", before: 0, left: 0 },
    { past: "had one job at its last vacuum", before: 1, left: 1 },
    { past: "had few jobs on many pages at its last vacuum", before: 3000, left: 5 },
  ])("with plans from when it $past", ({ before, left }) => {
    let client: Client;
    let schema: string;

    beforeEach(async () => {
      schema = temporarySchema();
      const store = await openStore({ schema, ...(partitions && { partitions }) });
      await store.close();
      client = await openClient();
      await client.query(`SET search_path = ${schema}`);
      if (before > 0) {
        await fill("early", before);
        await client.query(`DELETE FROM hot_jobs WHERE seq <= ${before - left}`);
        await client.query("VACUUM ANALYZE hot_jobs");
        await client.query("DELETE FROM hot_jobs");
      }
      await fill("first", 200);
      for (const call of CLAIMS) await pagesOf(client, call);
      await callAll();
      await client.query("UPDATE hot_jobs SET place = 1 WHERE id = 'a:first200'");
      for (const call of CLAIMS) await pagesOf(client, call);
      await client.query("DELETE FROM hot_jobs");
    });

    it("P6 P8 a claim reads no more than it takes, and what is in its way", async () => {
      await fill("job", BACKLOG);
      for (const call of CLAIMS) expect(await pagesOf(client, call)).toBeLessThan(1000);
      const other = await openClient();
      await other.query(`SET search_path = ${schema}`);
      await other.query("BEGIN");
      await other.query("SELECT FROM hot_jobs WHERE place = 0 ORDER BY priority, run_at, seq LIMIT 50 FOR UPDATE");
      for (const call of CLAIMS) expect(await pagesOf(client, call)).toBeLessThan(1000);
      await other.query("ROLLBACK");
    });

    it("P8 what is scheduled ahead is not read, and what has come due only once", async () => {
      await fill("job", BACKLOG, "1, 9e15");
      for (const call of CLAIMS) expect(await pagesOf(client, call)).toBeLessThan(1000);
      await client.query("UPDATE hot_jobs SET run_at = 2 WHERE id IN ('a:job1', 'a:job2', 'a:job3')");
      for (const call of CLAIMS) expect(await pagesOf(client, call)).toBeLessThan(1000);
      const { rows } = await client.query("SELECT count(*)::int FROM hot_jobs WHERE place = 4");
      expect(rows).toEqual([{ count: 3 }]);
    });

    it("a call about some jobs finds them by their ids", async () => {
      await fill("job", BACKLOG);
      for (const pages of await callAll()) expect(pages).toBeLessThan(1000);
    });

    /** Whatever is done to single jobs. Answers how many pages each call read. */
    async function callAll(): Promise<number[]> {
      const { rows } = await client.query<{ id: string; token: string }>(
        `SELECT id, token FROM poll(${asked(20)}) WHERE kind = 0`,
      );
      const { rows: free } = await client.query<{ id: string }>(
        "SELECT id FROM hot_jobs WHERE place = 0 ORDER BY priority, run_at, seq LIMIT 8",
      );
      const ids = list(rows.map(({ id }) => id));
      const tokens = list(rows.map(({ token }) => token));
      const all = (value: string) => `array_fill(${value}, ARRAY[20])`;
      const changes = (wish: object) => `'${JSON.stringify(rows.slice(0, 5).map(({ id }) => ({ id, ...wish })))}'`;
      const jobs = free.map(({ id }) => ({
        id,
        lane: "a",
        type: "demo",
        state: "waiting",
        priority: 1,
        maxAttempts: 1,
      }));
      const take = (to: string, lease: string, which: typeof free) =>
        `take(${list(which.map(({ id }) => id))}, '{1,1}', 'waiting', '${to}', ${lease}, 'me', NULL, NULL)`;
      const calls = [
        `renew(${ids}, ${tokens}, ${all("60000::bigint")}, NULL, NULL)`,
        `cas(${changes({ set: { priority: 5 } })}, NULL, NULL)`,
        `append_events(${changes({ event: [1] })}, NULL, NULL)`,
        `get_jobs(${ids})`,
        `candidates_by_id(${list(free.map(({ id }) => id))}, 'waiting', NULL)`,
        take("active", "1000", free.slice(0, 2)),
        take("completed", "NULL", free.slice(2, 4)),
        `insert_jobs('${JSON.stringify(jobs.slice(4))}', '{a}', NULL, false, false, false, false, NULL)`,
        `insert_jobs('${JSON.stringify(jobs.slice(4))}', '{a}', NULL, false, false, true, false, NULL)`,
        `settle(${ids}, ${tokens}, ${all("'completed'::text")}, ${all("NULL::text")}, NULL, NULL)`,
        `remove_jobs(${list(free.slice(4).map(({ id }) => id))})`,
        `take_over('{a}', 10, 1000, 'me', 9e15::bigint)`,
      ];
      expect([rows.length, free.length]).toEqual([20, 8]);
      const pages: number[] = [];
      for (const call of calls) pages.push(await pagesOf(client, call));
      return pages;
    }

    /** Jobs `a:<name>1`, `a:<name>2`, … which are ready, unless another place and time is given. */
    async function fill(name: string, count: number, where = "0, 1"): Promise<void> {
      await client.query(
        `INSERT INTO hot_jobs (priority, place, run_at, inserted_at, updated_at, max_attempts, id, lane, type, state, payload)
         SELECT n % 7, ${where}, 1, 1, 3, 'a:${name}' || n, 'a', 'demo', 'waiting', '1' FROM generate_series(1, ${count}) n`,
      );
    }
  });
});

function asked(limit: number, types = "NULL, NULL"): string {
  return `'{a}', '{${limit}}', 0, ${types}, NULL, 'waiting', 'active', ${limit}, 30000, 'me', 0, NULL, NULL, NULL`;
}

function list(values: readonly string[]): string {
  return `'{${values.join()}}'`;
}
