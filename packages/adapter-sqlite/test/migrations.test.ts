import { readFileSync } from "node:fs";
import { planMigration } from "@anyqueue/api";
import SqliteDatabase from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { claim, job, NOW, openStore, temporaryPath } from "./files.ts";

/** What version 1 ran in each verb that writes, before it wrote anything, or as its first write. */
const WRITES_OF_VERSION_1 = [
  ["insert, poll and whatever finishes a job", "SELECT settings FROM anyqueue_lanes WHERE lane = ?"],
  [
    "insert, requeue and remove",
    "SELECT max(last_seq, coalesce((SELECT max(seq) FROM anyqueue_jobs), 0)) FROM anyqueue_counter",
  ],
  ["poll", "UPDATE anyqueue_counter SET value = value + ? RETURNING value"],
  ["configure", "INSERT INTO anyqueue_lanes VALUES (?, ?) ON CONFLICT (lane) DO UPDATE SET settings = ''"],
  [
    "retention",
    `SELECT seq, id FROM anyqueue_jobs INDEXED BY anyqueue_finished
     WHERE place = 6 AND lane = ? AND state = ? AND finished_at <= ? LIMIT ?`,
  ],
] as const;

describe("a file of version 1", () => {
  it("P25 keeps every job, its log and the settings of its lanes", async () => {
    const store = await openStore({ path: versionOne() });
    const { items } = await store.list({ limit: 100 });
    expect(items.map(({ id, state }) => `${id} ${state}`)).toEqual([
      "default:due waiting",
      "default:urgent waiting",
      "default:delayed waiting",
      "default:rich waiting",
      "default:held active",
      "default:ended active",
      "default:asked active",
      "default:retried waiting",
      "default:done completed",
      "default:failed failed",
      "default:cancelled cancelled",
      "states:fetched fetched",
      "states:parsed parsed",
      "audit:done completed",
      "audit:waiting waiting",
      "paused:due waiting",
    ]);
    expect(items[3]).toEqual({
      ...job("rich"),
      payload: { ключ: [null, 1e21, "'quoted'"] },
      runAt: NOW,
      attempt: 0,
      token: 0,
      version: 1,
      insertedAt: NOW,
      updatedAt: NOW,
      group: "g",
      backoff: { type: "fixed", delayMs: 1000 },
      timeoutMs: 5000,
      progress: { half: true },
    });
    expect(items[8]).toMatchObject({ result: { sent: 1 }, finishedAt: NOW + 3, attempt: 1 });
    expect((await store.events({ limit: 100 })).items.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      "audit:done inserted",
      "audit:waiting inserted",
      "default:retried failed",
      "default:failed failed",
      "audit:done moved",
      "audit:done moved",
      "default:due user",
    ]);
    expect((await store.lanes({ now: NOW })).map(({ lane, settings }) => ({ lane, settings }))).toEqual([
      { lane: "audit", settings: { history: "all", keep: { completed: 1000 } } },
      { lane: "default", settings: {} },
      { lane: "paused", settings: { paused: true } },
      { lane: "states", settings: {} },
    ]);
  });

  it("P7 P11 P15 P26 goes on where it was left: claims, custom states, leases that ended, retention", async () => {
    const store = await openStore({ path: versionOne() });
    const now = NOW + 2000;
    const lease = { ms: 1000, holder: "test" };
    const { jobs, expired } = await store.poll({ lanes: ["default", "paused"], limit: 9, lease, expired: 9, now });
    expect(jobs.map(({ id }) => id)).toEqual(["default:urgent", "default:due", "default:rich", "default:retried"]);
    expect(expired.map(({ id }) => id)).toEqual(["default:ended"]);
    const states = { lanes: ["states"], from: "fetched", order: "touched", now } as const;
    expect((await claim(store, 9, states)).map(({ id }) => id)).toEqual(["states:fetched"]);
    const keep = { completed: 1000, failed: false, cancelled: 5000 } as const;
    expect(await store.remove({ lane: "default", keep, limit: 9, now })).toBe(2);
    expect(await store.remove({ states: ["completed"], olderThanMs: 0, limit: 9, now })).toBe(1);
  });

  it("P7 P13 gives no token and no place in the insertion order a second time", async () => {
    const path = versionOne();
    const store = await openStore({ path });
    const [taken] = await claim(store, 1);
    expect(taken?.token).toBe(11);
    await store.insert([job("new")], { now: NOW });
    const db = new SqliteDatabase(path, { readonly: true });
    expect(db.prepare("SELECT max(seq) FROM anyqueue_jobs").pluck().get()).toBe(18);
    db.close();
  });

  it("P25 is migrated once when many open it at the same time", async () => {
    const path = versionOne();
    const stores = await Promise.all(Array.from({ length: 8 }, () => openStore({ path })));
    for (const store of stores) expect((await store.list({ limit: 99 })).items).toHaveLength(16);
  });

  it("P25 is migrated although the application has a view that is broken", async () => {
    const path = versionOne();
    const db = new SqliteDatabase(path);
    db.exec("CREATE TABLE gone (a); CREATE VIEW theirs AS SELECT a, secret(a) FROM gone; DROP TABLE gone");
    db.close();
    expect((await (await openStore({ path })).list({ limit: 99 })).items).toHaveLength(16);
  });

  it("P25 has a plan, and comes to the same layout as a new file", async () => {
    const [path, fresh] = [versionOne(), temporaryPath()];
    const plan = await planMigration({ backend: "sqlite", path });
    expect(plan).toMatchObject({ from: 1, to: 2, changes: ["Brings the tables to version 2."] });
    await (await openStore({ path })).close();
    await (await openStore({ path: fresh })).close();
    expect(layoutOf(path)).toEqual(layoutOf(fresh));
  });

  it.each(WRITES_OF_VERSION_1)("P25 is closed to code of version 1 that still has it open: %s", async (_, sql) => {
    const path = versionOne();
    const old = new SqliteDatabase(path);
    const statement = old.prepare(sql);
    const values = ["default", "{}", NOW, 1].slice(0, sql.split("?").length - 1);
    await openStore({ path });
    expect(() => (statement.reader ? statement.all(values) : statement.run(values))).toThrow(/no such|has 5 columns/);
    old.close();
  });
});

/** A file as version 1 left it, with jobs of every kind. */
function versionOne(): string {
  const path = temporaryPath();
  const db = new SqliteDatabase(path);
  db.exec(readFileSync(new URL("./fixtures/version-1.sql", import.meta.url), "utf8"));
  db.pragma("journal_mode = WAL");
  db.close();
  return path;
}

function layoutOf(path: string): unknown {
  const db = new SqliteDatabase(path, { readonly: true });
  try {
    const layout = db.prepare("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all();
    return [db.prepare("SELECT version, min_reader FROM anyqueue_schema").all(), layout];
  } finally {
    db.close();
  }
}
