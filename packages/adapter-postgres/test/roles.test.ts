import { readFileSync } from "node:fs";
import { openQueue } from "@anyqueue/api";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { migration } from "../src/migrations.ts";
import { postgres } from "../src/postgres-adapter.ts";
import { FUNCTIONS } from "../src/sql/index.ts";
import { runSql, temporaryRole, temporarySchema } from "./server.ts";
import { Surface } from "./surface.ts";

const password = "not-a-secret";
const denied = { code: "42501" };

/** What a role may call, and what it sees. */
const SURFACE = "cancel cancel_group claim complete enqueue enqueue_bulk extend fail set_lane".split(" ");
const VIEWS = "blocked delayed expired failed jobs lanes running".split(" ");

/** The owner is no superuser, so that nothing here rests on more than the rights of an owner. */
let owner: Surface;
let schema: string;

beforeEach(async () => {
  schema = temporarySchema();
  const user = await temporaryRole(password);
  await runSql(`GRANT CREATE ON DATABASE ${await databaseName()} TO ${user}`);
  owner = await new Surface(schema, (await Surface.open()).client).another({ user, password });
  await owner.client.query(`BEGIN; ${migration(schema, 0)} COMMIT`);
});

async function databaseName(): Promise<string> {
  const surface = await Surface.open();
  return String(await surface.value("SELECT quote_ident(current_database())"));
}

async function role(grants = ""): Promise<{ name: string; session: Surface }> {
  const user = await temporaryRole(password);
  if (grants !== "") await owner.rows(grants.replaceAll("$role", user));
  return { name: user, session: await owner.another({ user, password }) };
}

/** The names of the schema's functions that a role may call. */
async function callable(name: string): Promise<unknown[]> {
  return owner.column(
    `SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace AND has_function_privilege($1, oid, 'EXECUTE')
     ORDER BY 1`,
    [name],
  );
}

/** What a role may do to the schema's tables, views and sequences. */
async function rights(name: string): Promise<Record<string, unknown>[]> {
  return owner.rows(
    `SELECT relname AS name, string_agg(r.name, ' ' ORDER BY r.name) AS rights FROM pg_class c,
       unnest(CASE c.relkind WHEN 'S' THEN '{SELECT,UPDATE,USAGE}'::text[] ELSE '{DELETE,INSERT,SELECT,TRUNCATE,UPDATE}' END) r(name)
     WHERE relnamespace = '${schema}'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
       AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege($1, c.oid, r.name) ELSE has_table_privilege($1, c.oid, r.name) END
     GROUP BY relname ORDER BY relname COLLATE "C"`,
    [name],
  );
}

describe("a worker", () => {
  it("does all that workers do in TypeScript", async () => {
    const { name } = await role("SELECT anyqueue.grant_worker('$role')");
    const queue = await openQueue(postgres({ url: await owner.urlFor({ user: name, password }), schema }));
    onTestFinished(() => queue.close());
    await queue.add("t", 1, { id: "default:1", backoff: { type: "fixed", delay: 0 } });
    await queue.addMany([
      { type: "t", payload: 2, options: { delay: "1h", group: "g" } },
      { type: "t", payload: 3, options: { id: "default:3", maxAttempts: 1 } },
    ]);
    const worker = queue.work({
      t: async (job, ctx) => {
        await ctx.log("begun");
        await ctx.progress({ half: true });
        if (job.attempt === 1) throw new Error("Not at the first time.");
        return job.payload;
      },
    });
    expect(await queue.result("default:1")).toBe(1);
    await worker.stop();
    expect(await queue.retry({ states: ["failed"] })).toBe(1);
    expect(await queue.cancel({ group: "g" })).toEqual({ cancelled: 1, requested: 0 });
    await queue.pause("other");
    expect((await queue.lanes()).map(({ lane }) => lane)).toEqual(["default", "other"]);
    const { items } = await queue.list({ types: ["t"], where: { payload: { gte: 2 } }, limit: 10 });
    expect(items.map(({ state }) => state)).toEqual(["cancelled", "waiting"]);
    expect((await queue.eventPage({ limit: 100 })).items).toHaveLength(5);
    const polled = await queue.poll({ where: { payload: 3 }, limit: 1, lease: { ms: 1000, holder: "me" } });
    expect(polled.jobs).toHaveLength(1);
    expect(await queue.remove({ ids: ["default:1"] })).toBe(1);
    expect(await queue.remove({ states: ["cancelled"], olderThanMs: 0, limit: 10 })).toBe(1);
  });

  it("does all that workers do in SQL", async () => {
    const { session } = await role("SELECT anyqueue.grant_worker('$role')");
    await session.rows(`SELECT anyqueue.enqueue('t', id => '1'), anyqueue.enqueue('t', id => '2', "group" => 'g')`);
    await session.rows(`SELECT anyqueue.enqueue_bulk('[{"type": "t", "id": "3"}, {"type": "t", "id": "4"}]')`);
    const [first, second] = await session.rows("SELECT id, token FROM anyqueue.claim(n => 2)");
    const held = (row: Record<string, unknown> | undefined) => [row?.["id"], row?.["token"]];
    expect(await session.value("SELECT status FROM anyqueue.extend($1, $2)", held(first))).toBe("ok");
    expect(await session.value("SELECT status FROM anyqueue.complete($1, $2)", held(first))).toBe("ok");
    expect(await session.value("SELECT status FROM anyqueue.fail($1, $2, final => true)", held(second))).toBe("ok");
    expect(await session.value("SELECT status FROM anyqueue.cancel('default:3')")).toBe("ok");
    expect(await session.row("SELECT * FROM anyqueue.cancel_group('g')")).toEqual({ cancelled: 0, requested: 0 });
    expect(await session.value(`SELECT anyqueue.set_lane('default', '{"paused": true}')`)).toEqual({ paused: true });
    for (const view of VIEWS) await session.rows(`SELECT * FROM anyqueue.${view}`);
  });

  it("calls nothing else, writes to no table, and makes nothing in the schema", async () => {
    const { name, session } = await role("SELECT anyqueue.grant_worker('$role')");
    const may = await callable(name);
    expect(may).toEqual(expect.arrayContaining(SURFACE));
    const internal =
      "grant_worker grant_reader write_job new_job rescue refuse tell take_over promote change_one job_as_list";
    expect(may.filter((each) => internal.split(" ").includes(String(each)))).toEqual([]);
    expect(new Set((await rights(name)).map((row) => row["rights"]))).toEqual(new Set(["SELECT"]));
    for (const attempt of [
      "INSERT INTO anyqueue.lane_names VALUES ('x')",
      "UPDATE anyqueue.hot_jobs SET priority = 0",
      "DELETE FROM anyqueue.history",
      "TRUNCATE anyqueue.events",
      "DELETE FROM anyqueue.running",
      "SELECT nextval('anyqueue.ticks')",
      "CREATE TABLE anyqueue.mine ()",
      "CREATE OR REPLACE VIEW anyqueue.jobs AS SELECT 1",
      "DROP FUNCTION anyqueue.claim",
      "SELECT anyqueue.rescue('{}', 1)",
      "SELECT anyqueue.grant_worker(current_user)",
    ]) {
      await expect(session.rows(attempt)).rejects.toMatchObject(denied);
    }
  });

  it("gains nothing by tables and functions of its own that have our names", async () => {
    const { name, session } = await role("SELECT anyqueue.grant_worker('$role')");
    const own = `own_${schema}`;
    await runSql(`CREATE SCHEMA ${own} AUTHORIZATION ${name}`);
    await session.client.query(`
      CREATE TABLE ${own}.bait (who text); GRANT INSERT ON ${own}.bait TO PUBLIC; GRANT USAGE ON SCHEMA ${own} TO PUBLIC;
      CREATE TEMP TABLE hot_jobs (id text); CREATE TEMP TABLE lane_settings (lane text); CREATE TEMP TABLE lane_names (lane text);
      CREATE FUNCTION ${own}.trap() RETURNS bigint LANGUAGE sql AS 'INSERT INTO ${own}.bait VALUES (current_user) RETURNING 1';
      CREATE FUNCTION ${own}.tell(text[], text[]) RETURNS void LANGUAGE sql AS 'SELECT ${own}.trap()';
      CREATE FUNCTION ${own}.starts_with(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT ${own}.trap() = 0';
      SET search_path = pg_temp, ${own}, pg_catalog`);
    await session.rows("SELECT anyqueue.enqueue('t'), anyqueue.enqueue_bulk('[{\"type\": \"t\"}]')");
    await session.rows("SELECT c.* FROM anyqueue.claim(n => 2) j, LATERAL anyqueue.fail(j.id, j.token) c");
    await session.rows("SELECT * FROM anyqueue.lanes");
    expect(await session.value(`SELECT count(*) FROM ${own}.bait`)).toBe(0);
    expect(await owner.value("SELECT count(*) FROM anyqueue.delayed")).toBe(2);
  });
});

describe("a reader", () => {
  it("sees the views, and calls nothing that writes", async () => {
    const { name, session } = await role("SELECT anyqueue.grant_reader('$role')");
    await owner.rows("SELECT anyqueue.enqueue('t')");
    for (const view of VIEWS) await session.rows(`SELECT * FROM anyqueue.${view}`);
    expect(await session.column("SELECT waiting FROM anyqueue.lanes")).toEqual([1]);
    expect(await rights(name)).toEqual(VIEWS.map((view) => ({ name: view, rights: "SELECT" })));
    expect(await callable(name)).toEqual(["is_reader", "lane_status"]);
    for (const attempt of [
      "SELECT * FROM anyqueue.hot_jobs",
      "SELECT anyqueue.enqueue('t')",
      "SELECT * FROM anyqueue.claim()",
    ]) {
      await expect(session.rows(attempt)).rejects.toMatchObject(denied);
    }
  });
});

describe("everybody else", () => {
  it("sees and calls nothing", async () => {
    const { name, session } = await role();
    expect([await callable(name), await rights(name)]).toEqual([[], []]);
    await expect(session.rows("SELECT anyqueue.enqueue('t')")).rejects.toMatchObject(denied);
  });

  it("may be allowed just to add jobs", async () => {
    const { name, session } = await role("GRANT USAGE ON SCHEMA anyqueue. TO $role".replace("anyqueue.", schema));
    await owner.rows(`GRANT EXECUTE ON FUNCTION anyqueue.enqueue TO ${name}`);
    await session.rows("SELECT anyqueue.enqueue('t')");
    await expect(session.rows("SELECT * FROM anyqueue.claim()")).rejects.toMatchObject(denied);
    await expect(session.rows("SELECT * FROM anyqueue.jobs")).rejects.toMatchObject(denied);
  });
});

describe("a migration", () => {
  const upgrade = () => owner.client.query(`BEGIN; SET LOCAL search_path = ${schema}, pg_temp; ${FUNCTIONS} COMMIT`);

  it("gives workers and readers their rights on what is new, and nobody else any", async () => {
    const [worker, reader, stranger] = [
      await role("SELECT anyqueue.grant_worker('$role')"),
      await role("SELECT anyqueue.grant_reader('$role')"),
      await role(),
    ];
    const rightsOfAll = async () => [await rights(worker.name), await rights(reader.name), await rights(stranger.name)];
    const before = await rightsOfAll();
    await owner.client.query(owner.named("DROP FUNCTION anyqueue.claim; DROP VIEW anyqueue.jobs, anyqueue.lanes"));
    await upgrade();
    expect(await rightsOfAll()).toEqual(before);
    await worker.session.rows("SELECT * FROM anyqueue.claim()");
    expect(await callable(reader.name)).toEqual(["is_reader", "lane_status"]);
  });

  it("of the first layout keeps who just adds jobs, and what was made of its views", async () => {
    const first = temporarySchema();
    const layout = readFileSync(new URL("layouts/1.sql", import.meta.url), "utf8").replaceAll("anyqueue", first);
    const [adder, stranger] = [await role(), await role()];
    await owner.client.query(`BEGIN; ${layout} COMMIT`);
    await owner.client.query(
      `GRANT USAGE ON SCHEMA ${first} TO ${adder.name}, ${stranger.name};
       GRANT EXECUTE ON FUNCTION ${first}.enqueue TO ${adder.name}; CREATE VIEW ${first}.own AS SELECT * FROM ${first}.jobs`,
    );
    await owner.client.query(`BEGIN; ${migration(first, 1)} COMMIT`);
    const add = `SELECT ${first}.enqueue('t', id => '1', unique_key => 'k')`;
    expect(await adder.session.value(add)).toBe("default:1");
    await expect(stranger.session.rows(add)).rejects.toMatchObject(denied);
    expect(await owner.column(`SELECT id FROM ${first}.own`)).toEqual(["default:1"]);
  });

  it("does not give back what was taken", async () => {
    const { name } = await role("SELECT anyqueue.grant_worker('$role')");
    for (const what of ["ALL FUNCTIONS", "ALL TABLES"])
      await owner.rows(`REVOKE ALL ON ${what} IN SCHEMA ${schema} FROM ${name}`);
    await upgrade();
    expect([await callable(name), await rights(name)]).toEqual([[], []]);
  });
});
