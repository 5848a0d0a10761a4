import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import { migration } from "../src/migrations.ts";
import { runSql, serverUrl } from "./server.ts";

/** The marked pieces of docs/sql.md, in order. */
function blocksOf(page: string): { language: string; code: string }[] {
  const blocks = page.matchAll(/^```(sql|psql|http)\n(.*?)^```$/gms);
  return Array.from(blocks, ([, language = "", code = ""]) => ({ language, code }));
}

/** A database in which the page's names are free. Roles are the server's, so that they get names of this test's own. */
async function openDatabase(page: string): Promise<{ client: pg.Client; url: string; text: string }> {
  const suffix = randomUUID().slice(0, 8);
  const database = `docs_${suffix}`;
  const roles = Array.from(page.matchAll(/^CREATE ROLE (\w+)/gm), ([, role = ""]) => role);
  const text = roles.reduce((all, role) => all.replaceAll(role, `${role}_${suffix}`), page);
  await runSql(`CREATE DATABASE ${database}`);
  const url = new URL(await serverUrl());
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await runSql(`DROP DATABASE ${database} WITH (FORCE)`);
    for (const role of roles) await runSql(`DROP ROLE IF EXISTS ${role}_${suffix}`);
  });
  await client.query(`BEGIN; ${migration("anyqueue", 0)} COMMIT`);
  return { client, url: url.href, text };
}

/** What PostgREST sends for `POST /rpc/<name>`: named arguments, taken from the body by their types. */
async function post(client: pg.Client, request: string): Promise<unknown> {
  const [, name = "", body = ""] = /^POST \/rpc\/(\w+)\n\n(.*)/s.exec(request) ?? [];
  const { rows: parameters } = await client.query<{ name: string; type: string }>(
    `SELECT a.name, format_type(t.oid, NULL) AS type
     FROM pg_proc p, unnest(p.proargnames[: p.pronargs], p.proargtypes::oid[]) a(name, oid) JOIN pg_type t USING (oid)
     WHERE p.proname = $1 AND p.pronamespace = 'anyqueue'::regnamespace AND a.name IN (SELECT json_object_keys($2))`,
    [name, body],
  );
  const columns = parameters.map((each) => `"${each.name}" ${each.type}`).join(", ");
  const named = parameters.map((each) => `"${each.name}" := b."${each.name}"`).join(", ");
  const { rows } = await client.query<{ answer: unknown }>(
    `SELECT json_agg(r.*) AS answer FROM (SELECT * FROM json_to_record($1) AS _(${columns}) LIMIT 1) b,
       LATERAL "anyqueue"."${name}"(${named}) r`,
    [body],
  );
  return rows[0]?.answer;
}

const hasPsql = spawnSync("psql", ["--version"]).status === 0;

/** Runs a piece of the page as if typed into psql, while a job is waiting; answers all that came out. */
async function runInPsql(client: pg.Client, url: string, code: string): Promise<string> {
  if (!hasPsql) return "";
  await client.query(`SELECT anyqueue.enqueue('mail.send', '{"to": "bob@example.com"}', lane => 'mail')`);
  const { stdout, stderr } = spawnSync("psql", ["--no-psqlrc", "--quiet", url], { input: code });
  return `${String(stdout)}${String(stderr)}`;
}

it("does what docs/sql.md says, from its first block to its last", async () => {
  const page = readFileSync(new URL("../../../docs/sql.md", import.meta.url), "utf8");
  const { client, url, text } = await openDatabase(page);
  const answers: unknown[] = [];
  const printed: string[] = [];
  for (const { language, code } of blocksOf(text)) {
    if (language === "sql") await client.query(code);
    if (language === "http") answers.push(await post(client, code));
    if (language === "psql") printed.push(await runInPsql(client, url, code));
  }
  expect(answers).toEqual([
    ["mail:ada"],
    [
      { place: 1, status: "added", id: expect.stringMatching(/^mail:/) as unknown },
      { place: 2, status: "added", id: expect.stringMatching(/^default:/) as unknown },
    ],
    expect.arrayContaining([expect.objectContaining({ id: "mail:ada", payload: { to: "ada@example.com" } })]),
    [expect.objectContaining({ status: "stale" })],
  ]);
  expect(printed).toEqual([expect.stringMatching(hasPsql ? /^writing to bob@.*\bok\b/s : /^/)]);
  const { rows } = await client.query("SELECT count(*)::int AS n FROM anyqueue.jobs WHERE type = 'order.confirm'");
  expect(rows).toEqual([{ n: 2 }]);
  const minding = await client.query(
    `SELECT lane, status, count(*)::int AS n FROM anyqueue.jobs WHERE lane IN ('search', 'accounts', 'reports')
     GROUP BY 1, 2 ORDER BY 1`,
  );
  expect(minding.rows).toEqual([
    { lane: "accounts", status: "waiting", n: 2 },
    // With the group of the one that they depended on.
    { lane: "reports", status: "cancelled", n: 2 },
    { lane: "search", status: "waiting", n: 1 },
  ]);
});
