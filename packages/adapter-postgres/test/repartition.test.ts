import { planMigration } from "@anyqueue/api";
import type { Client } from "pg";
import { expect, it } from "vitest";
import { openClient, serverUrl, temporarySchema } from "./server.ts";
import { claim, jobs, openStore } from "./stores.ts";

/** Calls about a job with the id $1 that is held with the token $2, each true when it did its work. */
const CALLS: Readonly<Record<string, string>> = {
  "insert_jobs of new jobs":
    "insert_jobs(json_build_array(NEW), '{lane0}', NULL, true, false, false, false, 'on') IS NULL",
  "insert_jobs of all or none":
    "insert_jobs(json_build_array(NEW), '{lane0}', NULL, false, true, false, false, 'on') IS NULL",
  poll: `(SELECT count(*) = 2 FROM poll('{default}', '{1}', 0, NULL, NULL, NULL, 'waiting', 'active', 1, 9, 'me', 0, NULL,
    NULL, 'on'))`,
  "poll of ended leases": `(SELECT count(*) = 2 FROM poll('{default}', '{0}', 0, NULL, NULL, NULL, 'waiting', 'active', 0, 9,
    'me', 1, NULL, 9e12::bigint, 'on'))`,
  candidates: "(SELECT count(*) > 9 FROM candidates('default', 'waiting', false, NULL, 99, NULL))",
  take: `(SELECT count(*) = 1 FROM take(ARRAY['default:' || 9 + TOKEN], '{1}', 'waiting', 'active', 9, 'me', NULL, 'on'))`,
  settle: "settle(ARRAY[ID], ARRAY[TOKEN], '{completed}', '{7}', NULL, 'on') IS NOT NULL",
  renew: "renew(ARRAY[ID], ARRAY[TOKEN], '{99999}', NULL, 'on') IS NOT NULL",
  "cas that goes on": `cas(CHANGE('{"state":"waiting"}', 0), NULL, 'on')::json -> 0 ->> 'status' = 'ok'`,
  "cas that finishes": `cas(CHANGE('{"state":"failed"}', 0), NULL, 'on')::json -> 0 ->> 'status' = 'ok'`,
  "cas that refuses": `cas(CHANGE('{"state":"failed"}', 1), NULL, 'on')::json -> 0 ->> 'status' = 'stale'`,
  append_events: `append_events(json_build_array(json_build_object('id', ID, 'token', TOKEN, 'event', '[1]'::json)), NULL,
    'on') = '["ok"]'`,
  remove_jobs: "remove_jobs(ARRAY[ID]) = '1'",
  lane_status: "lane_status(NULL) IS NOT NULL",
  claim: "(SELECT count(*) = 1 FROM claim('{default}'))",
  complete: "(SELECT status = 'ok' FROM complete(ID, TOKEN))",
  fail: "(SELECT status = 'ok' FROM fail(ID, TOKEN, 'no'))",
  extend: "(SELECT status = 'ok' FROM extend(ID, TOKEN))",
  cancel: "(SELECT status = 'ok' FROM cancel(ID))",
  enqueue: "enqueue('t', lane => 'lane1', id => 'new' || TOKEN) IS NOT NULL",
  "the view jobs": "(SELECT count(*) = 1 FROM jobs WHERE id = ID)",
};

const WORDS: Readonly<Record<string, string>> = {
  NEW: `json_build_object('id', 'lane0:' || TOKEN, 'lane', 'lane0', 'type', 't', 'state', 'waiting', 'priority', 1,
    'maxAttempts', 1)`,
  "CHANGE\\((.*?), (\\d)\\)": "json_build_array(json_build_object('id', ID, 'token', TOKEN + $2, 'set', $1::json))",
  ID: "$1::text",
  TOKEN: "$2::bigint",
};

it.each(Object.entries(CALLS))(
  "P25 moving jobs into partitions makes %s wait, which then does its work",
  async (_, call) => {
    const schema = temporarySchema();
    const store = await openStore({ schema });
    await store.insert(jobs(100, { maxAttempts: 1000 }));
    const [first, second] = await claim(store, 2);
    const text = Object.entries(WORDS).reduce(
      (sql, [word, means]) => sql.replaceAll(new RegExp(word, "g"), means),
      call,
    );
    const caller = await openClient();
    await caller.query(`SET search_path = ${schema}`);
    const ask = async (job = first) => {
      const query = { name: "it", text: `SELECT $1::text <> '' AND $2::bigint > 0 AND ${text} AS done` };
      return (await caller.query<{ done: boolean }>({ ...query, values: [job?.id, job?.token] })).rows;
    };
    // Once before, so that plans and the types of variables are remembered.
    expect(await ask()).toEqual([{ done: true }]);

    const options = { url: await serverUrl(), schema, partitions: { by: "lane", count: 8 } };
    const plan = await planMigration({ backend: "postgres", ...options });
    const migrator = await openClient();
    await migrator.query(plan?.sql.replace(/COMMIT;\s*$/, "") ?? "");
    const asked = ask(second);
    await expect.poll(() => isWaiting(migrator, caller), { timeout: 5000 }).toBe(true);
    await migrator.query("COMMIT");
    expect(await asked).toEqual([{ done: true }]);
  },
);

async function isWaiting(client: Client, other: Client): Promise<boolean> {
  const text = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted) AS waits";
  const pid = (other as unknown as { readonly processID: number }).processID;
  const { rows } = await client.query<{ waits: boolean }>(text, [pid]);
  return rows[0]?.waits ?? false;
}
