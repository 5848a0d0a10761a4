import type { JobEvent } from "@anyqueue/api";
import type { PostgresAdapter } from "@anyqueue/adapter-postgres";
import pg from "pg";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { changedUrl } from "../connections.ts";
import { newSchemaName, openClient, runSql } from "../server.ts";
import { claim, job, jobs, openStore } from "../stores.ts";

describe("a long transaction of somebody else's", () => {
  let store: PostgresAdapter;

  beforeEach(async () => {
    store = await openStore();
    await store.insert(jobs(3));
  });

  /** Reads the log of the store from one cursor to the next until nothing is left. */
  const follow = async (
    after: string | undefined,
  ): Promise<{ events: readonly JobEvent[]; after: string | undefined }> => {
    const events: JobEvent[] = [];
    for (let cursor = after; ;) {
      const page = await store.events({ limit: 7, ...(cursor !== undefined && { after: cursor }) });
      events.push(...page.items);
      if (page.items.length === 0) return { events, after: cursor };
      cursor = page.after;
    }
  };
  const data = (events: readonly JobEvent[]): unknown[] =>
    events.map((event) => ("data" in event ? event.data : event));

  it.each([
    ["the same database", () => openClient()],
    ["another database", openElsewhere],
  ])("P23 that writes in %s does not hold up a reader of the log", async (_, open) => {
    const stranger = await open();
    await stranger.query("BEGIN");
    // From here on it has a transaction id, older than those of all that is written below.
    await stranger.query("SELECT pg_current_xact_id(), pg_notify('anyqueue_nobody', '')");
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    for (const n of numbers) await store.append([{ id: `default:${n % 3}`, event: n }]);
    const first = await follow(undefined);
    expect(data(first.events)).toEqual(numbers);
    await store.append([{ id: "default:0", event: "more" }]);
    const second = await follow(first.after);
    expect(data(second.events)).toEqual(["more"]);
    await stranger.query("COMMIT");
    expect(data((await follow(second.after)).events)).toEqual([]);
  });

  it("P23 that writes to the log is read when it commits, and once", async () => {
    const caller = await openClient();
    await caller.query("BEGIN");
    await store.append([{ id: "default:0", event: "early" }], { tx: caller });
    await store.append([{ id: "default:1", event: 1 }]);
    const first = await follow(undefined);
    expect(data(first.events)).toEqual([1]);
    await store.append([{ id: "default:2", event: 2 }]);
    await caller.query("COMMIT");
    const second = await follow(first.after);
    expect(second.events).toHaveLength(2);
    expect(new Set(data(second.events))).toEqual(new Set(["early", 2]));
    expect(data((await follow(second.after)).events)).toEqual([]);
  });

  it("S103 does not stop the clock of what is done in it", async () => {
    const caller = await openClient();
    await caller.query("BEGIN");
    const began = await clockOf(caller, "now()");
    // Its own time stands still; the server's goes on.
    await expect.poll(() => clockOf(caller, "clock_timestamp()")).toBeGreaterThan(began + 50);
    const before = await clockOf(caller, "clock_timestamp()");
    await store.insert([job("late"), job("later", { delayMs: 1000 })], { tx: caller });
    const [held] = await claim(store, 1, { lease: { ms: 5000, holder: "me" } });
    const renewal = { id: "default:0", expect: { token: held?.token ?? 0 }, set: { leaseMs: 9000, progress: 1 } };
    await store.cas([renewal], { tx: caller });
    const after = await clockOf(caller, "clock_timestamp()");
    await caller.query("COMMIT");

    const [late, later, renewed] = await store.get(["default:late", "default:later", "default:0"]);
    for (const [time, offset] of [
      [late?.insertedAt, 0],
      [late?.runAt, 0],
      [later?.runAt, 1000],
      [renewed?.lease?.until, 9000],
      [renewed?.updatedAt, 0],
    ] as const) {
      expect((time ?? 0) - offset).toBeGreaterThanOrEqual(before);
      expect((time ?? 0) - offset).toBeLessThanOrEqual(after);
    }
  });

  it("P6 P7 P15 that keeps an old snapshot changes nothing for those who claim and rescue", async () => {
    const stranger = await openClient();
    await stranger.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    await stranger.query("SELECT count(*) FROM pg_class");
    await store.insert([job("urgent", { priority: 0 }), job("delayed", { delayMs: 100 })]);
    const held = await claim(store, 2, { lease: { ms: 100, holder: "me" } });
    expect(held.map(({ id }) => id)).toEqual(["default:urgent", "default:0"]);
    const request = { limit: 9, expired: 9, lease: { ms: 60_000, holder: "me" } };
    const seen = { jobs: new Set<string>(), expired: new Set<string>() };
    await expect
      .poll(async () => {
        const { jobs: due, expired } = await store.poll(request);
        for (const { id } of due) seen.jobs.add(id);
        for (const { id } of expired) seen.expired.add(id);
        return [[...seen.jobs], [...seen.expired]];
      })
      .toEqual([
        ["default:1", "default:2", "default:delayed"],
        ["default:0", "default:urgent"],
      ]);
    await stranger.query("COMMIT");
  });
});

/** A connection to another database of the same server, dropped when the test is over. */
async function openElsewhere(): Promise<pg.Client> {
  const name = newSchemaName();
  await runSql(`CREATE DATABASE ${name} TEMPLATE template0`);
  onTestFinished(() => runSql(`DROP DATABASE ${name} WITH (FORCE)`));
  const client = new pg.Client({ connectionString: await changedUrl((url) => (url.pathname = `/${name}`)) });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

async function clockOf(client: pg.Client, clock: string): Promise<number> {
  const text = `SELECT floor(extract(epoch FROM ${clock}) * 1000)::float8 AS now`;
  const { rows } = await client.query<{ now: number }>(text);
  return rows[0]?.now ?? 0;
}
