import type { Client } from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { postgres } from "@anyqueue/adapter-postgres";
import { pagesOf } from "./pages.ts";
import { openClient, serverUrl, temporarySchema, useServerAlone } from "./server.ts";

const BACKLOG = 20_000;

useServerAlone();

/** Right after a bulk load the planner knows the table as it was: never looked at, empty, or full. */
describe.each(["no statistics", "the statistics of an empty table", "statistics of its own"])(
  "with %s",
  (statistics) => {
    let client: Client;
    let schema: string;

    beforeEach(async () => {
      const url = await serverUrl();
      schema = temporarySchema();
      const adapter = postgres({ url, schema, notify: false });
      await adapter.open();
      await adapter.close();
      client = await openClient();
      await client.query(`SET search_path = ${schema}`);
      await client.query("ALTER TABLE hot_jobs SET (autovacuum_enabled = off)");
      if (statistics === "the statistics of an empty table") await client.query("VACUUM ANALYZE hot_jobs");
      await client.query(
        `INSERT INTO hot_jobs (priority, run_at, inserted_at, updated_at, max_attempts, place, id, lane, type, state, payload)
       SELECT CASE WHEN n % 2 = 0 THEN 0 ELSE n END, CASE WHEN n % 2 = 0 THEN 9e15 ELSE 1 END, 1, 1, 3, (n + 1) % 2,
         'a:' || n, 'a', 'demo', 'waiting', '1' FROM generate_series(1, ${2 * BACKLOG}) n`,
      );
      if (statistics === "statistics of its own") await client.query("ANALYZE hot_jobs");
      // The first call in a session also reads the catalog.
      for (const types of ["NULL, NULL", "'{demo}', '{}'"]) await pagesOf(client, claim(types, "b"));
      await pagesOf(client, "renew('{b:1}', '{1}', '{1}', NULL, NULL)");
      await pagesOf(client, `cas('[{"id":"b:1","set":{"priority":5}}]', NULL, NULL)`);
      await pagesOf(client, "settle('{b:1}', '{1}', '{completed}', '{NULL}', NULL, NULL)");
      await pagesOf(client, "remove_jobs('{b:1}')");
      await pagesOf(client, "next_due('{b}', '{f}', '{f}', false, NULL, NULL, 'waiting', false, 2)");
      await pagesOf(client, "take_over('{b}', 100, 1000, 'me', 2)");
    });

    it("P8 a claim reads no more than it takes, also by type, beside as many jobs that are scheduled ahead", async () => {
      expect(await pagesOf(client, claim("NULL, NULL"))).toBeLessThan(1500);
      expect(await pagesOf(client, claim("'{demo}', '{}'"))).toBeLessThan(1500);
      expect(await pagesOf(client, claim("'{other}', '{}'"))).toBeLessThan(3000);
    });

    it("P6 a claim by type beside others' claims that are under way reads no more of the lane than what is in its way", async () => {
      const other = await openClient();
      await other.query(`SET search_path = ${schema}`);
      await other.query("BEGIN");
      await other.query(`SELECT count(*) FROM ${claim("'{demo}', '{}'", "a", 500)}`);
      expect(await pagesOf(client, claim("'{demo}', '{}'"))).toBeLessThan(3000);
      const { rows } = await client.query<{ id: string }>(`SELECT id FROM ${claim("'{demo}', '{}'")} WHERE kind = 0`);
      await other.query("ROLLBACK");
      expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, n) => `a:${2 * (600 + n) + 1}`));
    });

    it("finishing, renewing, changing and removing find their jobs by id", async () => {
      const { rows } = await client.query<{ id: string; token: string }>(
        `SELECT id, token FROM ${claim("NULL, NULL")} WHERE kind = 0`,
      );
      const ids = `'{${rows.map(({ id }) => id).join()}}'`;
      const tokens = `'{${rows.map(({ token }) => token).join()}}'`;
      const all = (value: string) => `array_fill(${value}, ARRAY[${rows.length}])`;
      const changes = JSON.stringify(rows.map(({ id }) => ({ id, set: { priority: 5 } })));
      expect(rows).toHaveLength(100);
      expect(await pagesOf(client, `renew(${ids}, ${tokens}, ${all("60000::bigint")}, NULL, NULL)`)).toBeLessThan(1500);
      expect(await pagesOf(client, `cas('${changes}', NULL, NULL)`)).toBeLessThan(4000);
      expect(
        await pagesOf(
          client,
          `settle(${ids}, ${tokens}, ${all("'completed'::text")}, ${all("NULL::text")}, NULL, NULL)`,
        ),
      ).toBeLessThan(4000);
    });

    it("adding events and removing find their jobs by id", async () => {
      const ids = ["a:1001", "a:1002", "a:1003"];
      const events = JSON.stringify(ids.map((id) => ({ id, event: [1] })));
      await pagesOf(client, `append_events('[{"id":"b:1","event":[1]},{"id":"b:2","event":[1]}]', NULL, NULL)`);
      expect(await pagesOf(client, `append_events('${events}', NULL, NULL)`)).toBeLessThan(500);
      expect(await pagesOf(client, `remove_jobs('{${ids.join()}}')`)).toBeLessThan(500);
    });

    it("P10 the next due time is found without reading the backlog", async () => {
      expect(
        await pagesOf(client, "next_due('{a}', '{f}', '{f}', false, NULL, NULL, 'waiting', false, 2)"),
      ).toBeLessThan(1500);
      expect(await pagesOf(client, "take_over('{a}', 100, 1000, 'me', 2)")).toBeLessThan(500);
    });

    function claim(types: string, lane = "a", limit = 100): string {
      return `poll('{${lane}}', '{${limit}}', 0, ${types}, NULL, 'waiting', 'active', ${limit}, 30000, 'me', 0, NULL, NULL, NULL)`;
    }
  },
);
