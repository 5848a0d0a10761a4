import type { PostgresAdapter } from "@anyqueue/adapter-postgres";
import type { Client } from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { openClient, temporarySchema, useServerAlone } from "./server.ts";
import { openStore } from "./stores.ts";

const EVENTS = 20_000;
const PAGE = 100;

let store: PostgresAdapter;
let client: Client;

beforeEach(async () => {
  const schema = temporarySchema();
  store = await openStore({ schema });
  client = await openClient();
  await client.query(`SET search_path = ${schema}`);
});

// Transactions of others would keep the last events from being settled for sure.
useServerAlone();

describe.each(["no statistics", "statistics"])("P23 with %s", (statistics) => {
  let seen: string;

  beforeEach(async () => {
    await log(1, 1);
    seen = await snapshot();
    await log(2, EVENTS);
    if (statistics === "statistics") await client.query("ANALYZE events");
    // The first call in a session also reads the catalog.
    for (const from of ["NULL", `'${seen}'`]) await entriesRead(from, "NULL", 0);
  });

  it("a page from the beginning reads a page, wherever it begins", async () => {
    for (const place of [0, EVENTS / 2]) expect(await entriesRead("NULL", "NULL", place)).toBe(PAGE);
  });

  it("a page of what is new reads a page, once it is known how far that goes", async () => {
    expect(await entriesRead(`'${seen}'`, `'${await snapshot()}'`, EVENTS / 2)).toBe(PAGE);
  });

  it("who follows reads what is new, however long the log is", async () => {
    const last = await snapshot();
    await log(EVENTS + 1, EVENTS + 3);
    expect(await entriesRead(`'${last}'`, "NULL", 0)).toBe(3);
  });
});

it("P23 pages of what is new are in order and whole, also where an early number was committed late", async () => {
  const late = await openClient();
  await late.query(`BEGIN; SET LOCAL search_path = ${await schemaOf()}`);
  await late.query("INSERT INTO events (id, at, kind, detail) VALUES ('a:late', 1, 'user', '{}')");
  await log(1, 10);
  const { after } = await store.events({ limit: 100 });
  await log(11, 20);
  await late.query("COMMIT");
  const names: string[] = [];
  for (let from = after; ;) {
    const page = await store.events({ after: from, limit: 4 });
    names.push(...page.items.map(({ id }) => id));
    from = page.after;
    if (page.items.length < 4) break;
  }
  expect(names).toEqual(["a:late", ...Array.from({ length: 10 }, (_, n) => `a:${n + 11}`)]);
});

/** Events of jobs named by these numbers, in one transaction. */
async function log(first: number, last: number): Promise<void> {
  await client.query(
    `INSERT INTO events (id, at, kind, detail) SELECT 'a:' || n, 1, 'user', '{}' FROM generate_series($1::int, $2) n`,
    [first, last],
  );
}

/** All that is committed by now. */
async function snapshot(): Promise<string> {
  return (await client.query<{ it: string }>("SELECT pg_current_snapshot()::text AS it")).rows[0]?.it ?? "";
}

async function schemaOf(): Promise<string> {
  return (await client.query<{ it: string }>("SELECT current_schema() AS it")).rows[0]?.it ?? "";
}

/** How many entries of the log's indexes a call looks at. */
async function entriesRead(seen: string, upTo: string, place: number): Promise<number> {
  await client.query("BEGIN");
  // What earlier transactions of the session did is also in it, until it is reported.
  const before = await entries();
  await client.query(`SELECT * FROM read_events(${seen}, ${upTo}, ${place}, '{user}', ${PAGE})`);
  const after = await entries();
  await client.query("COMMIT");
  return after - before;
}

async function entries(): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid))::int AS n FROM pg_index WHERE indrelid = 'events'::regclass`,
  );
  return rows[0]?.n ?? 0;
}
