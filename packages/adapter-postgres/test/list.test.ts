import type { JobQuery } from "@anyqueue/api";
import type { PostgresAdapter } from "@anyqueue/adapter-postgres";
import type { Client } from "pg";
import { beforeEach, expect, it } from "vitest";
import type { Session } from "../src/connection.ts";
import { list } from "../src/list.ts";
import { openClient, temporarySchema } from "./server.ts";
import { claim, job, openStore } from "./stores.ts";

const BACKLOG = 10_000;
const NOW = 1_000_000;

let store: PostgresAdapter;
let client: Client;
let schema: string;

beforeEach(async () => {
  schema = temporarySchema();
  store = await openStore({ schema });
  client = await openClient();
});

it.each(["no statistics", "the statistics of an empty table", "statistics of its own"])(
  "P7 with %s a page in poll order reads little of a lane's backlog, ready and ahead, from wherever it begins",
  async (statistics) => {
    await client.query(`ALTER TABLE ${schema}.hot_jobs SET (autovacuum_enabled = off)`);
    if (statistics === "the statistics of an empty table") await client.query(`VACUUM ANALYZE ${schema}.hot_jobs`);
    await client.query(
      `INSERT INTO ${schema}.hot_jobs
         (priority, run_at, inserted_at, updated_at, max_attempts, place, id, lane, type, state, payload)
       SELECT n % 100, CASE WHEN n % 2 = 0 THEN 1 ELSE 9e15 END, 1, 1, 3, n % 2, 'a:' || n, 'a', 't', 'waiting', '1'
       FROM generate_series(1, ${2 * BACKLOG}) n`,
    );
    if (statistics === "statistics of its own") await client.query(`ANALYZE ${schema}.hot_jobs`);
    const query = { lanes: ["a"], states: ["waiting", "active"], order: "poll", limit: 100, now: NOW } as const;
    await pagesOf(query);
    expect(await pagesOf(query)).toBeLessThan(250);
    expect(await pagesOf({ ...query, after: "list/poll:[50,1,0]" })).toBeLessThan(250);
  },
);

it("P7 one lane is listed in poll order just as several are, whatever the states and the page", async () => {
  const wishes = [{ runAt: 1 }, { runAt: NOW }, { runAt: NOW + 1 }, { state: "review", runAt: 1 }] as const;
  const all = Array.from({ length: 40 }, (_, n) => job(`${n}`, { priority: n % 3, ...wishes[n % 4] }));
  await store.insert(all, { now: 2 });
  await claim(store, 4, { now: 2 });
  const [one] = await claim(store, 1, { now: 2 });
  await store.cas([{ id: one?.id ?? "", expect: { token: one?.token ?? 0 }, set: { state: "completed" } }], { now: 2 });
  for (const now of [1, 2, NOW, NOW + 1]) {
    for (const states of STATES) {
      for (const limit of [3, 100]) {
        const query = { states, limit, now, order: "poll" } as const;
        const walked = await idsOf({ ...query, lanes: ["default"] });
        expect(walked).toEqual(await idsOf({ ...query, lanes: ["default", "none"] }));
      }
    }
  }
  const states = ["waiting", "delayed", "active", "review", "completed"];
  expect(await idsOf({ lanes: ["default"], states, limit: 7, order: "poll", now: NOW })).toHaveLength(40);
});

const STATES = [
  ["waiting"],
  ["delayed"],
  ["waiting", "delayed"],
  ["review", "review"],
  ["waiting", "active", "review"],
  ["delayed", "active"],
  ["waiting", "completed"],
  ["completed"],
];

async function idsOf(query: JobQuery): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await store.list({ ...query, ...(after !== undefined && { after }) });
    ids.push(...page.items.map(({ id }) => id));
    after = page.after;
    if (after === undefined) return ids;
  }
}

/** How many pages of tables and indexes are read for a list. */
async function pagesOf(query: JobQuery): Promise<number> {
  let pages = 0;
  const session: Session = {
    async query(command, values = []) {
      const text = typeof command === "string" ? command : command.text;
      const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: Record<string, number> }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
        [...values],
      );
      const plan = rows[0]?.["QUERY PLAN"][0].Plan ?? {};
      pages += (plan["Shared Hit Blocks"] ?? 0) + (plan["Shared Read Blocks"] ?? 0);
      return [];
    },
  };
  await list(session, schema, query);
  return pages;
}
