import { randomUUID } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { postgres, type PostgresAdapter } from "@anyqueue/adapter-postgres";
import pg from "pg";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { runSql, serverUrl, temporaryRole } from "./server.ts";
import { claim, job, jobs } from "./stores.ts";

const page = readFileSync(new URL("../../../docs/postgres.md", import.meta.url), "utf8");

/** The SQL of one section of the page, block by block. */
function sqlOf(heading: string): string[] {
  const [section = ""] = page.split(/^## /m).filter((each) => each.startsWith(`${heading}\n`));
  return Array.from(section.matchAll(/^```sql\n(.*?)^```$/gms), ([, code = ""]) => code);
}

describe("docs/postgres.md", () => {
  let url: URL;
  let store: PostgresAdapter;
  let role: string;

  beforeEach(async () => {
    // Before the database, since it can only be dropped after it.
    role = await temporaryRole("secret");
    const name = `docs_${randomUUID().replaceAll("-", "")}`;
    await runSql(`CREATE DATABASE ${name}`);
    onTestFinished(() => runSql(`DROP DATABASE ${name} WITH (FORCE)`));
    url = new URL(await serverUrl());
    url.pathname = `/${name}`;
    store = postgres({ url: url.href, notify: false });
    await store.open();
    onTestFinished(() => store.close());
  });

  async function connect(user?: string): Promise<pg.Client> {
    const own = new URL(url);
    if (user !== undefined) [own.username, own.password] = [user, "secret"];
    const client = new pg.Client({ connectionString: own.href });
    await client.connect();
    onTestFinished(() => client.end());
    return client;
  }

  it("tells what to watch, to whom may read", async () => {
    const owner = await connect();
    await owner.query(`GRANT pg_monitor TO ${role}; SELECT anyqueue.grant_reader('${role}')`);
    await store.insert([...jobs(5), job("later", { runAt: Date.now() + 60_000 })]);
    await claim(store, 1, { lease: { ms: 1, holder: "dead" } });
    const [running, failing] = await claim(store, 2, { lease: { ms: 60_000, holder: "alive" } });
    const error = { message: "no route", code: "EHOSTUNREACH", attempt: 1, at: 0 };
    const { id = "", token = 0 } = failing ?? {};
    await store.cas([{ id, expect: { token }, set: { state: "failed", error } }]);
    await owner.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM anyqueue.jobs");

    const client = await connect(role);
    const answers: pg.QueryResult["rows"][] = [];
    for (const code of sqlOf("What to watch")) answers.push((await client.query<object>(code)).rows);
    const [backlog, ended, failed, working, dead, pinning, sizes, locks, connections, notifications] = answers;

    expect(backlog).toMatchObject([
      { lane: "default", paused: false, waiting: 2, delayed: 1, active: 2, at_least: [] },
    ]);
    expect(ended).toMatchObject([{ lane: "default", count: "1" }]);
    expect(failed).toMatchObject([{ type: "mail.send", code: "EHOSTUNREACH", count: "1" }]);
    expect(working).toMatchObject([{ holder: running?.lease?.holder, count: "1" }]);
    expect(dead).toContainEqual(expect.objectContaining({ relname: "hot_jobs" }));
    expect(pinning).toContainEqual(expect.objectContaining({ state: "idle in transaction" }));
    expect(sizes).toContainEqual(expect.objectContaining({ relname: "hot_jobs" }));
    expect(locks).toEqual([]);
    expect(connections).toContainEqual(expect.objectContaining({ application_name: "anyqueue" }));
    expect(notifications).toEqual([{ pg_notification_queue_usage: 0 }]);
    expect(answers).toHaveLength(10);
  });

  it("gives a worker the rights to work", async () => {
    const owner = await connect();
    // The role is there already, to be dropped after the database.
    for (const code of sqlOf("Rights")) {
      await owner.query(code.replaceAll("shop_worker", role).replaceAll("CREATE ROLE", "ALTER ROLE"));
    }
    [url.username, url.password] = [role, "secret"];
    const own = postgres({ url: url.href, notify: false });
    onTestFinished(() => own.close());
    await own.open();
    await own.insert(jobs(1));
    expect(await claim(own, 1)).toHaveLength(1);
  });

  it("tells who waits for whose lock", async () => {
    const holder = await connect();
    await holder.query("BEGIN; LOCK TABLE anyqueue.hot_jobs");
    const waiting = store.insert([job("waits")]);
    const [query = ""] = sqlOf("What to watch").filter((code) => code.includes("pg_blocking_pids"));
    const client = await connect();
    await vi.waitFor(async () => {
      expect((await client.query(query)).rows).toMatchObject([
        { state: "idle in transaction", last_query: /LOCK TABLE/ },
      ]);
    }, 60_000);
    await holder.query("ROLLBACK");
    await waiting;
  });

  it("P23 tells how readers of the log begin anew after a restore", async () => {
    await store.configure("default", { history: "all" });
    await store.insert(jobs(3));
    const { after } = await store.events({ limit: 10 });
    const client = await connect();
    // As restored from a cluster that was ahead.
    await client.query("UPDATE anyqueue.events SET xid = '9000000000000000000'");
    expect((await store.events({ limit: 10 })).items).toEqual([]);
    for (const code of sqlOf("Backup and restore")) await client.query(code);
    await expect(store.events({ limit: 10, after })).rejects.toMatchObject({ code: "INVALID" });
    expect((await store.events({ limit: 10 })).items).toHaveLength(3);
  });

  it("quotes messages as they are", () => {
    const source = globSync(new URL("../src/**/*.ts", import.meta.url).pathname)
      .map((path) => readFileSync(path, "utf8"))
      .join("\n");
    const [, table = ""] = /^## Troubleshooting\n(.*?)^Without a message/ms.exec(page) ?? [];
    const rows = Array.from(table.matchAll(/^\| (`.*?) +\|/gm), ([, cell = ""]) => cell);
    const quotes = rows.flatMap((cell) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, quote = ""]) => quote));
    expect(quotes.length).toBeGreaterThan(15);
    for (const quote of quotes) expect(source).toContain(quote);
  });
});
