import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openClient, runSql, temporarySchema } from "../server.ts";
import { claim, job, openStore } from "../stores.ts";

const FIRST = readFileSync(new URL("1.sql", import.meta.url), "utf8");

it.each([{}, { partitions: { by: "lane", count: 3 } } as const])(
  "P25 a store of the first layout opens and loses nothing, with %j",
  async (wish) => {
    const schema = temporarySchema();
    await runSql(FIRST.replaceAll("anyqueue", schema));
    const old = await openClient();
    await old.query(`SET search_path = ${schema}`);
    const values = { type: "t", state: "waiting", priority: 5, maxAttempts: 3, payload: { of: "v1" } };
    const given = [
      ...["done", "held", "waiting"].map((name) => ({ id: `default:${name}`, lane: "default", ...values })),
      { id: "default:later", lane: "default", ...values, delayMs: 3_600_000, extra: { timeoutMs: 5000 } },
      { id: "side:custom", lane: "side", ...values, state: "fetched", group: "g", progress: [1] },
    ];
    await old.query('SELECT configure_lane(\'side\', \'{"history":"all","keep":{"failed":false}}\')');
    await old.query("SELECT insert_jobs($1, '{default,side}', NULL, true, false, NULL)", [JSON.stringify(given)]);
    const { rows } = await old.query<{ token: string }>(
      "SELECT token FROM poll('{default}', '{2}', 0, NULL, NULL, NULL, 'waiting', 'active', 2, 3600000, 'me', 0, NULL, NULL, NULL) WHERE kind = 0",
    );
    const [done, held] = rows.map(({ token }) => Number(token));
    await old.query(`SELECT settle('{default:done}', '{${done}}', '{completed}', '{7}', NULL, NULL)`);
    await old.end();

    const store = await openStore({ schema, ...wish });
    const { items } = await store.list({ limit: 9, order: "inserted" });
    expect(items).toMatchObject([
      { id: "default:done", state: "completed", result: 7, payload: { of: "v1" } },
      { id: "default:held", state: "active", token: held, lease: { holder: "me" } },
      { id: "default:waiting", state: "waiting" },
      { id: "default:later", state: "waiting", timeoutMs: 5000 },
      { id: "side:custom", state: "fetched", group: "g", progress: 1 },
    ]);
    expect(await store.lanes()).toMatchObject([
      { lane: "default", counts: { completed: 1, active: 1, waiting: 1, delayed: 1 } },
      { lane: "side", counts: { fetched: 1 }, settings: { history: "all", keep: { failed: false } } },
    ]);
    // The old ones go on, and what is new works beside them.
    const finish = { id: "default:held", expect: { token: held ?? 0 }, set: { state: "completed" } };
    expect(await store.cas([finish])).toMatchObject([{ status: "ok" }]);
    await store.insert([
      job("first", { orderingKey: "k", unique: { key: "u", until: "finished" } }),
      job("second", { orderingKey: "k", dependsOn: ["default:done", "default:waiting"] }),
    ]);
    expect((await claim(store, 9)).map(({ id }) => id)).toEqual(["default:waiting", "default:first"]);
    expect(await store.remove({ ids: ["default:waiting", "side:custom"] })).toBe(2);
    expect(await store.get(["default:second"])).toMatchObject([{ state: "cancelled" }]);
  },
);
