import type { PostgresAdapter } from "@anyqueue/adapter-postgres";
import type { Client } from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { openClient, temporarySchema } from "./server.ts";
import { job, openStore } from "./stores.ts";

const DAY = 86_400_000;
const IDS = ["default:a", "default:b"] as const;
const APPEND = "SELECT append_events($1, NULL, NULL) AS answer";
const REMOVE = "SELECT remove_jobs($1)::int AS answer";

let schema: string;
let store: PostgresAdapter;
let client: Client;

beforeEach(async () => {
  schema = temporarySchema();
  store = await openStore({ schema });
  client = await openSchema();
});

describe("P26 a job that was retried is not removed by who found it finished", () => {
  it.each([
    ["one by one", 100],
    ["whole days at once", 1000],
  ])("removing %s", async (_, limit) => {
    const now = Date.now();
    await client.query("SELECT tend_history($1)", [now - 3 * DAY]);
    await fill(6000, now - 3 * DAY);
    const retried: string[] = [];
    let isOver = false;
    const retry = async (from: number, step: number) => {
      for (let n = from; !isOver && n > 0 && n <= 6000; n += step) {
        const id = `default:${n}`;
        const [outcome] = await store.cas([{ id, expect: { state: "completed" }, set: { state: "waiting" } }]);
        if (outcome?.status === "ok") retried.push(id);
      }
    };
    const prune = async () => {
      const query = { states: ["completed"], olderThanMs: DAY, limit } as const;
      let removed = 0;
      while ((await client.query("SELECT FROM history LIMIT 1")).rowCount) removed += await store.remove(query);
      isOver = true;
      return removed;
    };
    const [removed] = await Promise.all([prune(), retry(1, 1), retry(6000, -1), retry(3000, 1)]);
    expect(removed).toBe(6000 - retried.length);
    expect((await store.get(retried)).filter((one) => one?.state !== "waiting")).toEqual([]);
  });
});

describe("while a finished job is being retried", () => {
  beforeEach(async () => {
    await finish(["a"]);
    await client.query(`BEGIN; SELECT cas('[{"id":"default:a","set":{"state":"waiting"}}]', NULL, NULL)`);
  });

  it("P22 an event without a token is added to its log", async () => {
    const other = await openSchema();
    const appended = other.query(APPEND, [eventsOf(["default:a"])]);
    await isWaiting(other);
    await client.query("COMMIT");
    expect((await appended).rows).toEqual([{ answer: '["ok"]' }]);
    expect((await store.events({ id: "default:a", limit: 9 })).items).toMatchObject([{ kind: "user" }]);
  });

  it("P26 it is removed by its id", async () => {
    const other = await openSchema();
    const removed = other.query(REMOVE, [["default:a"]]);
    await isWaiting(other);
    await client.query("COMMIT");
    expect((await removed).rows).toEqual([{ answer: 1 }]);
    expect(await store.get(["default:a"])).toEqual([null]);
  });

  it("P26 who removes old jobs does not wait for it", async () => {
    const query = { states: ["completed"], olderThanMs: 0, limit: 9, now: Date.now() + DAY } as const;
    expect(await store.remove(query)).toBe(0);
    await client.query("COMMIT");
    expect(await store.get(["default:a"])).toMatchObject([{ state: "waiting" }]);
  });
});

describe.each(["waiting", "completed"])("of %s jobs", (state) => {
  it.each([
    ["adding events", APPEND, APPEND],
    ["removing", REMOVE, REMOVE],
    ["removing and adding events", REMOVE, APPEND],
  ])("two calls in opposite orders do not wait for each other: %s", async (_, earlier, later) => {
    await (state === "waiting" ? store.insert([job("a"), job("b")]) : finish(["a", "b"]));
    const table = state === "waiting" ? "hot_jobs" : "history";
    await client.query(`BEGIN; SELECT FROM ${table} WHERE id = '${IDS[1]}' FOR UPDATE`);
    const [one, other] = [await openSchema(), await openSchema()];
    const first = call(one, earlier, IDS.toReversed());
    await isWaiting(one);
    const second = call(other, later, IDS);
    await isWaiting(other);
    await client.query("COMMIT");
    await expect(Promise.all([first, second])).resolves.toHaveLength(2);
  });
});

async function call(by: Client, text: string, ids: readonly string[]): Promise<unknown> {
  return by.query(text, [text === REMOVE ? ids : eventsOf(ids)]);
}

function eventsOf(ids: readonly string[]): string {
  return JSON.stringify(ids.map((id) => ({ id, event: [1] })));
}

/** Until the server says that somebody is in its way. */
async function isWaiting(one: Client): Promise<void> {
  const watcher = await openClient();
  const { processID } = one as Client & { readonly processID: number };
  const blockers = async () =>
    (await watcher.query<{ n: number }>("SELECT cardinality(pg_blocking_pids($1)) AS n", [processID])).rows[0]?.n;
  await expect.poll(blockers).toBeGreaterThan(0);
}

async function openSchema(): Promise<Client> {
  const one = await openClient();
  await one.query(`SET search_path = ${schema}`);
  return one;
}

async function finish(names: readonly string[]): Promise<void> {
  await store.insert(names.map((name) => job(name)));
  await store.cas(names.map((name) => ({ id: `default:${name}`, expect: {}, set: { state: "completed" } })));
}

/** Completed jobs with ids `default:1`, `default:2`, … */
async function fill(count: number, finishedAt: number): Promise<void> {
  await client.query("INSERT INTO lane_names VALUES ('default')");
  await client.query(
    `INSERT INTO history (id, lane, type, state, priority, run_at, inserted_at, updated_at, finished_at, max_attempts, place, payload)
     SELECT 'default:' || n, 'default', 'mail.send', 'completed', 512, $2, $2, $2, $2, 3, 6, 'null' FROM generate_series(1, $1) n`,
    [count, finishedAt],
  );
}
