import type { Client } from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { pagesOf } from "./pages.ts";
import { openClient } from "./server.ts";
import { openSession } from "./stores.ts";

const DEAD = 20_000;

describe("beside an old snapshot, with the index entries of all jobs that were worked on since", () => {
  let client: Client;

  beforeEach(async () => {
    client = await openSession();
    await add(1, DEAD);
    const old = await openClient();
    await old.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    await old.query("SELECT pg_current_xact_id()");
    for (let done = 0; done < DEAD; done += 1000) {
      await client.query(
        `WITH taken AS (SELECT array_agg(id) ids, array_agg(token) tokens FROM ${poll(1000)} WHERE kind = 0)
         SELECT settle(ids, tokens, array_fill('completed'::text, ARRAY[1000]), array_fill(NULL::text, ARRAY[1000]), NULL, NULL) FROM taken`,
      );
    }
    // The first call in a session also reads the catalog.
    for (const limit of [0, 1]) await pagesOf(client, poll(limit, { lanes: { a: [5, 1, 0] }, held: 0 }));
  });

  it("P6 who is told where he left off, and that looks are long, reads nothing that was there before, also when he is not served", async () => {
    const { rows } = await client.query<{ held: string }>("SELECT last_value AS held FROM ticks");
    const marks = { lanes: { a: [5, 1, DEAD] }, held: Number(rows[0]?.held) };
    expect(await pagesOf(client, poll(100))).toBeGreaterThan(1000);
    expect(await pagesOf(client, poll(100, marks))).toBeLessThan(100);
    expect(await pagesOf(client, poll(0, { held: marks.held }, 100))).toBeLessThan(100);
    await add(DEAD + 1, DEAD + 50);
    expect(await pagesOf(client, poll(20, marks))).toBeLessThan(500);
  });

  it("P7 P10 he finds what is behind that place, and is told to come again soon for what may be before it", async () => {
    await add(DEAD + 1, DEAD + 1);
    await add(DEAD + 2, DEAD + 2, 4);
    const marks = { lanes: { a: [5, 1, DEAD] }, held: 0 };
    expect(await idsOf(poll(10, marks, 0, 2))).toEqual([`a:${DEAD + 1}`]);
    const { rows } = await client.query(`SELECT run_at FROM ${poll(10, marks, 0, 2)} WHERE kind = 2`);
    expect(rows).toEqual([{ run_at: "1002" }]);
    expect(await idsOf(poll(10, undefined, 0, 2))).toEqual([`a:${DEAD + 2}`]);
  });

  it("P15 he takes over leases that ended, from the token on below which he knows of none", async () => {
    await add(DEAD + 1, DEAD + 2);
    const { rows } = await client.query<{ id: string; token: string }>(
      `SELECT id, token FROM ${poll(2, undefined, 0, 2)} WHERE kind = 0`,
    );
    const held = Number(rows[1]?.token);
    expect(await idsOf(poll(0, { held }, 10, 40_000), 1)).toEqual([`a:${DEAD + 2}`]);
    expect(await idsOf(poll(0, { held: 0 }, 10, 40_000), 1)).toEqual([`a:${DEAD + 1}`]);
  });

  it("P10 who only asks whether something is ready hears of what is behind his mark, and reads nothing that was there before", async () => {
    const { rows: ticks } = await client.query<{ held: string }>("SELECT last_value AS held FROM ticks");
    const marks = { lanes: { a: [5, 1, DEAD] }, held: Number(ticks[0]?.held) };
    expect(await nextDueOf(poll(0, marks, 0, 2))).toBe(1002);
    await add(DEAD + 1, DEAD + 1);
    expect(await nextDueOf(poll(0, marks, 0, 2))).toBe(2);
    expect(await nextDueOf(poll(0, { held: marks.held }, 0, 2))).toBe(1002);
    expect(await pagesOf(client, poll(0, marks, 0, 2))).toBeLessThan(100);
  });

  async function nextDueOf(call: string): Promise<number> {
    const { rows } = await client.query<{ run_at: string }>(`SELECT run_at FROM ${call} WHERE kind = 2`);
    return Number(rows[0]?.run_at);
  }

  async function add(first: number, last: number, priority = 5): Promise<void> {
    await client.query(
      `INSERT INTO hot_jobs (seq, priority, run_at, inserted_at, updated_at, max_attempts, place, id, lane, type, state, payload)
       SELECT n, ${priority}, 1, 1, 1, 3, 0, 'a:' || n, 'a', 'demo', 'waiting', '1' FROM generate_series(${first}, ${last}) n`,
    );
  }

  async function idsOf(call: string, kind = 0): Promise<string[]> {
    const { rows } = await client.query<{ id: string }>(`SELECT id FROM ${call} WHERE kind = ${kind}`);
    return rows.map(({ id }) => id);
  }
});

function poll(limit: number, marks?: object, expired = 0, at: number | null = null): string {
  const given = marks === undefined ? "NULL" : `'${JSON.stringify(marks)}'`;
  return `poll('{a}', '{${limit}}', 0, '{demo}', '{}', NULL, 'waiting', 'active', ${limit}, 30000, 'me', ${expired}, ${given}, ${at}, NULL)`;
}
