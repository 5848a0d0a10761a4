import { postgres, type PostgresOptions } from "@anyqueue/adapter-postgres";
import type { Client } from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { LONG_PAGES } from "../src/sql/poll-answer.ts";
import { openClient, serverUrl, temporarySchema } from "./server.ts";

/** Names so long that few jobs fill many pages of the index. */
const [EMPTY, OTHERS, BUSY] = ["empty", "others", "busy"].map((name) => name.padEnd(200, "-")) as [
  string,
  string,
  string,
];
const DEAD = 20_000;

describe.each<Partial<PostgresOptions>>([{}, { partitions: { by: "lane", count: 2 } }])(
  "beside an old snapshot, with %j, the last row of a poll",
  (options) => {
    let client: Client;

    beforeEach(async () => {
      const schema = temporarySchema();
      const adapter = postgres({ url: await serverUrl(), schema, notify: false, ...options });
      await adapter.open();
      await adapter.close();
      client = await openClient();
      await client.query(`SET search_path = ${schema}`);
      await add(EMPTY, DEAD);
      const old = await openClient();
      await old.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
      await old.query("SELECT pg_current_xact_id()");
      await client.query("DELETE FROM hot_jobs");
    });

    it("P7 tells that many pages were read, and in which lanes nothing was left behind them", async () => {
      await add(OTHERS, 1, "image");
      await add(BUSY, 3);
      const { pages, through, came } = await poll([EMPTY, OTHERS, BUSY]);
      expect(pages).toBeGreaterThan(LONG_PAGES);
      expect(new Set(through)).toEqual(new Set([EMPTY, OTHERS]));
      expect(came).toBeNull();
    });

    it("P7 names an empty lane also behind one that gave all that was wanted, and a lane that gave less", async () => {
      await add(BUSY, 3);
      expect((await poll([BUSY, EMPTY])).through).toEqual([EMPTY]);
      expect(new Set((await poll([BUSY, EMPTY])).through)).toEqual(new Set([BUSY, EMPTY]));
    });

    it("P8 names lanes in which something came due, which may be below somebody's mark, and not as empty when some is left", async () => {
      await add(EMPTY, 3, "demo", 1);
      const { pages, through, came } = await poll([EMPTY]);
      expect(pages).toBeGreaterThan(LONG_PAGES);
      expect([through, came]).toEqual([[], [EMPTY]]);
      await add(BUSY, 3, "demo", 1);
      const marks = { lanes: { [BUSY]: [2 ** 32, 0, 0] }, held: 0 };
      expect((await poll([BUSY], marks)).came).toEqual([BUSY]);
    });

    it("P7 who believes a lane to be empty reads nothing of it", async () => {
      const marks = { lanes: { [EMPTY]: [512, 1, 0] }, held: 0 };
      expect((await poll([EMPTY], marks)).pages).toBeLessThan(LONG_PAGES / 10);
    });

    async function add(lane: string, count: number, type = "demo", place = 0): Promise<void> {
      await client.query(
        `INSERT INTO hot_jobs (priority, run_at, inserted_at, updated_at, max_attempts, place, id, lane, type, state, payload)
         SELECT 5, 1, 1, 1, 3, ${place}, '${lane}:' || ${place} || n, '${lane}', '${type}', 'waiting', '1' FROM generate_series(1, ${count}) n`,
      );
    }

    async function poll(
      lanes: readonly string[],
      marks?: object,
    ): Promise<{
      readonly pages: number;
      readonly through: readonly string[] | null;
      readonly came: readonly string[] | null;
    }> {
      const { rows } = await client.query<{ answer: string }>(
        `SELECT answer FROM poll_jobs($1, array_fill(2, ARRAY[$2::int]), 0, '{demo}', '{}', NULL, 'waiting', 'active', 2, 30000, 'me', 0, $3, 2, NULL) WHERE kind = 2`,
        [lanes, lanes.length, marks === undefined ? null : JSON.stringify(marks)],
      );
      const end = JSON.parse(rows[0]?.answer ?? "") as readonly unknown[];
      return { pages: end[2] as number, through: end[6] as string[] | null, came: end[7] as string[] | null };
    }
  },
);
