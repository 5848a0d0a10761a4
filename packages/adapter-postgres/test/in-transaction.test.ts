import { type Job, type Json, openQueue } from "@anyqueue/api";
import type pg from "pg";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Call, CALLERS, inClient, type Transact } from "./callers.ts";
import { telling } from "./connections.ts";
import { openClient, runSql, serverUrl, temporarySchema } from "./server.ts";

let schema: string;
/** A table of the application's. */
let mails: string;
let queue: Awaited<ReturnType<typeof open>>;

beforeEach(async () => {
  schema = temporarySchema();
  const shop = temporarySchema();
  mails = `${shop}.mails`;
  await runSql(`CREATE SCHEMA ${shop}; CREATE TABLE ${mails} (n int PRIMARY KEY)`);
  queue = await open();
});

/** One more handle of the same store, as another process has one. */
async function open() {
  const opened = await openQueue({ backend: "postgres", url: await serverUrl(), schema, connections: 3 });
  onTestFinished(() => opened.close());
  return opened;
}

async function send({ run }: Call, n: number): Promise<void> {
  await run(`INSERT INTO ${mails} VALUES ($1)`, [n]);
}

async function sent(): Promise<readonly number[]> {
  const client = await openClient();
  const { rows } = await client.query<{ n: number }>(`SELECT n FROM ${mails} ORDER BY n`);
  return rows.map(({ n }) => n);
}

/** Listens and waits for hints only: it never polls by itself while a test lasts. */
async function startListener(handle: typeof queue) {
  const ran: Json[] = [];
  const waiting = new Map<Json, () => void>();
  const worker = handle.work(
    {
      "**": ({ payload }) => {
        ran.push(payload);
        waiting.get(payload)?.();
      },
    },
    { interval: "1h" },
  );
  await worker.idle();
  return {
    ran,
    runs: (payload: Json) => new Promise<void>((resolve) => waiting.set(payload, resolve)),
  };
}

describe.each(Object.entries(CALLERS))("P5 in a transaction of %s", (_, begin) => {
  let transact: Transact;

  beforeEach(async () => {
    transact = await begin();
  });

  it("a job is added with the application's rows, and the commit wakes a worker of another handle, not before", async () => {
    const { ran, runs } = await startListener(await open());
    const mine = runs("mine");
    await transact(async (call) => {
      await send(call, 1);
      expect(await queue.in(call.tx).add("mail.send", "mine", { id: "mine" })).toMatchObject({ status: "added" });
      expect(await queue.get("default:mine")).toBe(null);
      const fence = runs("fence");
      await queue.add("mail.send", "fence");
      await fence;
    });
    await mine;
    expect(ran).toEqual(["fence", "mine"]);
    expect(await sent()).toEqual([1]);
  });

  it("nothing is left of what is rolled back, and nobody is woken", async () => {
    const { ran, runs } = await startListener(await open());
    const rolledBack = transact(async (call) => {
      await send(call, 1);
      await queue.in(call.tx).add("mail.send", "mine", { id: "mine" });
      await queue.in(call.tx).append([{ id: "default:mine", event: "added" }]);
      throw new Error("no stock");
    });
    await expect(rolledBack).rejects.toThrow("no stock");
    const fence = runs("fence");
    await queue.add("mail.send", "fence");
    await fence;
    expect(ran).toEqual(["fence"]);
    expect(await queue.get("default:mine")).toBe(null);
    expect((await queue.eventPage({ limit: 9 })).items).toEqual([]);
    expect(await sent()).toEqual([]);
  });

  it("a job is completed with the application's rows, and what it spawned is there with them", async () => {
    const { id } = await queue.add("mail.send", 1, { lane: "mail" });
    const worker = queue.work(
      {
        "mail.send": async ({ payload }, context) => {
          await transact(async (call) => {
            await send(call, Number(payload));
            context.spawn("mail.log", payload, { id: "log", lane: "log" });
            await context.complete({ sent: true }, { tx: call.tx });
            expect(await queue.get(id)).toMatchObject({ state: "active" });
            expect(await queue.get("log:log")).toBe(null);
          });
          return "what a handler returns after it completed its job";
        },
      },
      { lanes: ["mail"] },
    );
    expect(await (await open()).result(id, { timeout: "10s" })).toEqual({ sent: true });
    await worker.stop();
    expect(await queue.get("log:log")).toMatchObject({ state: "waiting" });
    expect(await sent()).toEqual([1]);
  });

  it("S48 P13 a holder that comes too late is told, and its rows are rolled back", async () => {
    const { id } = await queue.add("mail.send", 1, { maxAttempts: 9 });
    const another = await open();
    const codes: unknown[] = [];
    const { promise: lost, resolve: tell } = Promise.withResolvers<Job>();
    const late = queue.work(
      {
        "mail.send": async (job, context) => {
          const { promise: completed, resolve: complete } = Promise.withResolvers<void>();
          // While it is at work, somebody gives its job to another, who completes it.
          await queue.cas([{ id, expect: { version: job.version }, set: { state: "waiting" } }]);
          another
            .work({
              "mail.send": async (_, theirs) => {
                await transact(async (call) => {
                  await send(call, 2);
                  await theirs.complete("in time", { tx: call.tx });
                });
              },
            })
            .on("completed", () => complete());
          await completed;
          await transact(async (call) => {
            await send(call, 1);
            await context.complete("late", { tx: call.tx });
          }).catch((error: { code: unknown }) => codes.push(error.code));
        },
      },
      { concurrency: 1 },
    );
    late.on("lost", tell);
    expect((await lost).id).toBe(id);
    expect(codes).toEqual(["STALE"]);
    expect(await queue.get(id)).toMatchObject({ state: "completed", result: "in time" });
    expect(await sent()).toEqual([2]);
  });

  it("a refusal is an outcome, which spoils nothing", async () => {
    const { id } = await queue.add("mail.send", 1, { id: "mine" });
    await transact(async (call) => {
      const mine = queue.in(call.tx);
      expect(await mine.add("mail.send", 2, { id: "mine" })).toMatchObject({ status: "existing" });
      const all = ["mine", "other"].map((id) => ({ type: "mail.send", payload: 2, options: { id } }));
      expect(await mine.addMany(all, { allOrNone: true })).toMatchObject([
        { status: "existing" },
        { status: "skipped" },
      ]);
      const stale = { id, expect: { token: 99 }, set: { state: "completed" } };
      const wrong = { id, expect: { version: 99 }, set: { priority: 1 } };
      expect(await mine.cas([stale, { ...stale, id: "default:none" }])).toMatchObject([
        { status: "stale" },
        { status: "missing" },
      ]);
      expect(await mine.cas([wrong])).toMatchObject([{ status: "conflict" }]);
      expect(await mine.append([{ id, event: 1, token: 99 }])).toEqual([{ status: "stale" }]);
      await send(call, 1);
    });
    expect(await sent()).toEqual([1]);
    expect(await queue.list({ limit: 9 })).toMatchObject({ items: [{ id, payload: 1, version: 1 }] });
  });
});

describe("P5 a caller's transaction", () => {
  let client: pg.Client;

  beforeEach(async () => {
    client = await openClient();
  });

  it("that is undone to a savepoint takes back what was done since", async () => {
    await inClient(client, async ({ tx, run }) => {
      await queue.in(tx).add("mail.send", 1);
      await run("SAVEPOINT here");
      await queue.in(tx).add("mail.send", 2);
      await run("ROLLBACK TO here");
      await queue.in(tx).add("mail.send", 3);
    });
    const { items } = await queue.list({ limit: 9 });
    expect(items.map(({ payload }) => payload)).toEqual([1, 3]);
  });

  it.each([
    ["committed", "existing", 1],
    ["rolled back", "added", 2],
  ])("P3 makes who adds the same id wait, and once it is %s finds it %s", async (end, status, payload) => {
    await client.query("BEGIN");
    await queue.in(client).add("mail.send", 1, { id: "mine" });
    const other = queue.add("mail.send", 2, { id: "mine" });
    // Somebody waits for it, and nobody else has to.
    await expect.poll(() => blocked(client)).toBe(1);
    await queue.in(client).add("mail.send", 3);
    await (await open()).add("mail.send", 4);
    await client.query(end === "committed" ? "COMMIT" : "ROLLBACK");
    expect(await other).toMatchObject({ status });
    expect(await queue.get("default:mine")).toMatchObject({ payload });
  });

  it.each(["REPEATABLE READ", "SERIALIZABLE"])(
    "may be %s, and is undone whole where it collides",
    async (isolation) => {
      const { id } = await queue.add("mail.send", 1);
      const begin = `BEGIN ISOLATION LEVEL ${isolation}`;
      const change = { id, expect: { state: "waiting" }, set: { priority: 1 } };
      await inClient(client, async ({ tx }) => void (await queue.in(tx).cas([change])), begin);
      const undone = inClient(
        client,
        async ({ tx, run }) => {
          await run("SELECT 1");
          await queue.cas([{ ...change, set: { priority: 2 } }]);
          await queue.in(tx).add("mail.send", 2);
          await queue.in(tx).cas([{ ...change, set: { priority: 3 } }]);
        },
        begin,
      );
      await expect(undone).rejects.toMatchObject({
        code: "UNAVAILABLE",
        message: telling("try the whole transaction again"),
      });
      expect(await queue.list({ limit: 9 })).toMatchObject({ items: [{ id, priority: 2 }] });
    },
  );

  it("that cannot write is told so", async () => {
    const reading = inClient(
      client,
      async ({ tx }) => void (await queue.in(tx).add("mail.send", 1)),
      "BEGIN READ ONLY",
    );
    await expect(reading).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("whose connection dies before the commit leaves nothing, and the job comes back", async () => {
    const { id } = await queue.add("mail.send", 1);
    const receipt = await queue.receive({ lease: "1h" });
    const [{ pid } = { pid: 0 }] = (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows;
    await client.query("BEGIN");
    const completion = { id, expect: { token: receipt?.job.token ?? 0 }, set: { state: "completed" } };
    await queue.in(client).cas([completion]);
    await runSql(`SELECT pg_terminate_backend(${pid}, 10000)`);
    await expect(queue.in(client).add("mail.send", 2)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await queue.list({ limit: 9 })).toMatchObject({ items: [{ id, state: "active" }] });
    expect(await receipt?.release()).toMatchObject({ status: "ok" });
  });

  it("P13 P15 in which a job was completed while its lease lived counts, however late it commits", async () => {
    const { id } = await queue.add("mail.send", 1);
    const receipt = await queue.receive({ lease: "300ms" });
    await client.query("BEGIN");
    const completion = { id, expect: { token: receipt?.job.token ?? 0 }, set: { state: "completed" } };
    expect(await queue.in(client).cas([completion])).toMatchObject([{ status: "ok" }]);
    // Until its lease has ended by the server's clock.
    const until = receipt?.job.lease?.until ?? Infinity;
    await expect.poll(() => clockOf(client), { timeout: 5000 }).toBeGreaterThan(until);
    const rescue = { limit: 1, expired: 9, lease: { ms: 60_000, holder: "rescuer" } };
    expect(await queue.poll(rescue)).toMatchObject({ jobs: [], expired: [] });
    await client.query("COMMIT");
    expect(await queue.poll(rescue)).toMatchObject({ jobs: [], expired: [] });
    expect(await queue.get(id)).toMatchObject({ state: "completed", attempt: 1 });
  });

  it("P13 in which a job is to be completed after its lease was taken over is told", async () => {
    const { id } = await queue.add("mail.send", 1);
    const receipt = await queue.receive({ lease: "100ms" });
    await client.query("BEGIN");
    const rescue = { limit: 0, expired: 9, lease: { ms: 60_000, holder: "rescuer" } };
    await expect.poll(async () => (await queue.poll(rescue)).expired.length, { timeout: 5000 }).toBe(1);
    const completion = { id, expect: { token: receipt?.job.token ?? 0 }, set: { state: "completed" } };
    expect(await queue.in(client).cas([completion])).toMatchObject([{ status: "stale", state: "active" }]);
    await client.query("ROLLBACK");
  });
});

/** How many sessions wait for that one. */
async function blocked(client: pg.Client): Promise<number> {
  const { rowCount } = await client.query(
    "SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))",
  );
  return rowCount ?? 0;
}

async function clockOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ now: number }>(
    "SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now",
  );
  return rows[0]?.now ?? 0;
}
