import type { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporarySchema } from "./server.ts";
import { openSession } from "./stores.ts";

const NOW = 100_000;

describe("P7, P10 a poll of a lane in which somebody else is claiming jobs", () => {
  let client: Client;
  let other: Client;

  beforeEach(async () => {
    const schema = temporarySchema();
    client = await openSession(schema);
    other = await openSession(schema);
    await other.query("BEGIN");
  });

  afterEach(() => other.query("ROLLBACK"));

  it("goes on behind them for as many as it wants", async () => {
    await add(1, 5);
    await hold(1, 3);
    expect(await poll(2)).toEqual({ ids: ["main:2", "main:4"], next: NOW });
    expect(await poll(2)).toEqual({ ids: ["main:5"], next: NOW });
  });

  it("takes the others and asks to look again at once where it sees the end", async () => {
    await add(1, 3);
    await hold(2);
    expect(await poll(9)).toEqual({ ids: ["main:1", "main:3"], next: NOW });
    expect(await poll(9)).toEqual({ ids: [], next: NOW });
  });

  it("asks to look again at the end of a lease where none is left but of other types", async () => {
    await add(1, 3, "other");
    await add(4, 4);
    expect(await poll(2)).toEqual({ ids: ["main:4"], next: NOW + 30_000 });
    expect(await poll(2)).toEqual({ ids: [], next: NOW + 30_000 });
  });

  it("takes what is below its mark where all that it sees above is held", async () => {
    await add(1, 1);
    await add(11, 12);
    await hold(11, 12);
    expect(await poll(1, 10)).toEqual({ ids: ["main:1"], next: NOW });
    expect(await poll(1, 10)).toEqual({ ids: [], next: NOW });
  });

  it("never takes a job after one that comes behind it", async () => {
    await add(1, 1);
    await add(11, 12);
    await hold(11);
    expect(await poll(2, 10)).toEqual({ ids: ["main:12"], next: NOW });
    expect(await poll(2, 10)).toEqual({ ids: ["main:1"], next: NOW });
  });

  it("never takes a job that comes due meanwhile after one that comes behind it", async () => {
    await add(2, 4);
    await hold(2);
    await comeDue(1, 3);
    expect(await poll(2)).toEqual({ ids: ["main:3", "main:4"], next: NOW });
    expect(await poll(2)).toEqual({ ids: ["main:1"], next: NOW });
  });

  it("asks to look again at once when a job comes due meanwhile before what it took", async () => {
    await add(2, 2);
    await add(3, 3, "other");
    await comeDue(1, 2);
    expect(await poll(2)).toEqual({ ids: ["main:2"], next: NOW });
    expect(await poll(2)).toEqual({ ids: ["main:1"], next: NOW + 30_000 });
  });

  async function add(from: number, to: number, type = "wanted"): Promise<void> {
    await client.query(
      `INSERT INTO hot_jobs (seq, priority, run_at, inserted_at, updated_at, max_attempts, place, id, lane, type, state, payload)
       SELECT n, 5, n, 1, 1, 3, 0, 'main:' || n, 'main', $1, 'waiting', '1' FROM generate_series($2::int, $3::int) n`,
      [type, from, to],
    );
  }

  async function hold(...jobs: readonly number[]): Promise<void> {
    await other.query("SELECT FROM hot_jobs WHERE id = ANY ($1) FOR UPDATE", [jobs.map((n) => `main:${n}`)]);
  }

  /** A job comes due when the other one is claimed, as if somebody committed it between two statements of the poll. */
  async function comeDue(job: number, when: number): Promise<void> {
    await client.query(`CREATE FUNCTION come() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO hot_jobs (seq, priority, run_at, inserted_at, updated_at, max_attempts, place, id, lane, type, state, payload)
        VALUES (${job}, 5, ${job}, 1, 1, 3, 1, 'main:${job}', 'main', 'wanted', 'waiting', '1');
        RETURN NULL;
      END $$;
      CREATE TRIGGER come AFTER UPDATE ON hot_jobs FOR EACH ROW WHEN (NEW.id = 'main:${when}') EXECUTE FUNCTION come()`);
  }

  /** What a poll that begins behind this job finds, in its order, and when it asks to look again. */
  async function poll(most: number, mark?: number): Promise<{ readonly ids: string[]; readonly next: number | null }> {
    const { rows } = await client.query<{ kind: number; answer: string }>({
      text: `SELECT * FROM poll_jobs('{main}', $1, 0, '{wanted}', '{}', NULL, 'waiting', 'active', $2, 30000, 'me', 0, $3, $4, NULL)`,
      values: [[most], most, mark === undefined ? null : JSON.stringify({ lanes: { main: [5, mark, mark] } }), NOW],
    });
    const told = rows.map(({ kind, answer }) => ({ kind, answer: JSON.parse(answer) as unknown }));
    const ids = told.flatMap(({ kind, answer }) => {
      if (kind === 0) return (answer as { id: string[] }).id;
      return kind === 4 ? [(answer as string[])[1] ?? ""] : [];
    });
    const end = told.at(-1)?.answer as [number | null] | undefined;
    return { ids, next: end?.[0] ?? null };
  }
});
