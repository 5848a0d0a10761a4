import type { Client } from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { openSession } from "./stores.ts";

/** More than a poll by type looks at. */
const MANY = 1500;
const MARK = { lanes: { main: [5, 10, 10] } };

describe("P9 a poll by type that begins at a mark, with a job below it", () => {
  let client: Client;

  beforeEach(async () => {
    client = await openSession();
    await add(1, 1, "wanted");
  });

  it("finds it in the same call where it sees the end", async () => {
    await add(11, 20, "other");
    expect(await pages()).toEqual([["main:1"]]);
  });

  it("finds it once, and first, after jobs that are above the mark", async () => {
    await add(11, 11, "wanted");
    expect(await pages()).toEqual([["main:1", "main:11"]]);
  });

  it("finds it in a call that goes on where it stopped at its bound", async () => {
    await add(11, 10 + MANY, "other");
    expect((await pages()).flat()).toEqual(["main:1"]);
  });

  async function add(from: number, to: number, type: string): Promise<void> {
    await client.query(
      `INSERT INTO hot_jobs (seq, priority, run_at, inserted_at, updated_at, max_attempts, place, id, lane, type, state, payload)
       SELECT n, 5, n, 1, 1, 3, 0, 'main:' || n, 'main', $1, 'waiting', '1' FROM generate_series($2::int, $3::int) n`,
      [type, from, to],
    );
  }

  interface Row {
    readonly kind: number;
    readonly id: string;
    readonly payload: string | null;
  }

  async function poll(resumed: string | null): Promise<readonly Row[]> {
    const { rows } = await client.query<Row>(
      `SELECT kind, id, payload::text FROM poll('{main}', '{9}', 0, '{wanted}', '{}', $1, 'waiting', 'active', 9, 30000, 'me', 0,
         $2, 100000, NULL)`,
      [resumed, JSON.stringify(MARK)],
    );
    return rows;
  }

  /** What a poll with the mark finds, and those that go on. */
  async function pages(): Promise<string[][]> {
    const found: string[][] = [];
    let resumed: string | null | undefined = null;
    while (resumed !== undefined) {
      const rows = await poll(resumed);
      found.push(rows.flatMap(({ kind, id }) => (kind === 0 ? [id] : [])));
      const cut = rows.at(-1)?.payload ?? null;
      resumed = cut === null ? undefined : JSON.stringify(Object.fromEntries(JSON.parse(cut) as [string, unknown][]));
    }
    return found;
  }
});
