// Postgres: your rows and your jobs in one commit, and workers in other processes that hear of a job at once.
import { openQueue } from "anyqueue";
import pg from "pg";

const url = process.env["DATABASE_URL"];
if (url === undefined) {
  console.log("This example needs a server: DATABASE_URL=postgres://user@host/database node examples/postgres.ts");
  process.exit();
}

// The application's own pool and tables. The jobs are beside them, in a schema of their own.
const pool = new pg.Pool({ connectionString: url });
await pool.query(`
  CREATE SCHEMA anyqueue_jobs; -- openQueue would make it; here it must be new, since it is dropped in the end
  CREATE SCHEMA anyqueue_shop;
  CREATE TABLE anyqueue_shop.orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item text);
  CREATE TABLE anyqueue_shop.mails (order_id int PRIMARY KEY)`);
const backend = { backend: "postgres", schema: "anyqueue_jobs" } as const;

/** Commits what `work` did, or nothing of it. Each transaction has a connection of its own, so many can run at once. */
async function transaction(work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await work(client);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

async function storeOrder(client: pg.ClientBase, item: string): Promise<number | undefined> {
  const text = "INSERT INTO anyqueue_shop.orders (item) VALUES ($1) RETURNING id";
  return (await client.query<{ id: number }>(text, [item])).rows[0]?.id;
}

// Two handles, as two processes have them: a web server with its pool, and a worker that is given the address.
const web = await openQueue({ ...backend, pool });
const background = await openQueue({ ...backend, url });

const worker = background.work({
  "order.confirm": async (job, ctx) => {
    const { order } = job.payload as { order: number };
    // The handler's row and the completion of its job are one commit, so its effect happens exactly once. If the lease
    // was lost, `complete` throws, and the row is rolled back with it.
    await transaction(async (client) => {
      await client.query("INSERT INTO anyqueue_shop.mails VALUES ($1)", [order]);
      await ctx.complete({ mailed: order }, { tx: client });
    });
  },
});
await worker.idle(); // It listens, and sleeps until it is woken or its poll interval of two seconds is over.

let id = "";
await transaction(async (client) => {
  const order = await storeOrder(client, "teapot");
  // Nobody sees the job, and nobody is woken, before the commit.
  ({ id } = await web.in(client).add("order.confirm", { order }));
});
const committedAt = performance.now();
console.log("result:", await web.result(id, { timeout: "10s" }));
console.log(`${Math.round(performance.now() - committedAt)} ms after the commit`);

await transaction(async (client) => {
  const order = await storeOrder(client, "unicorn");
  await web.in(client).add("order.confirm", { order });
  throw new Error("out of unicorns");
}).catch((error: Error) => console.log(`rolled back: ${error.message}`));

// The same from SQL, as a trigger or another language would add it.
const fromSql = `SELECT anyqueue_jobs.enqueue('order.confirm', '{"order": 7}') AS id`;
for (const job of (await pool.query<{ id: string }>(fromSql)).rows) {
  console.log("result:", await web.result(job.id, { timeout: "10s" }));
}

console.log("mails:", (await pool.query("SELECT * FROM anyqueue_shop.mails")).rows);

await background.close();
await web.close(); // A pool that was given stays open.
await pool.query("DROP SCHEMA anyqueue_shop, anyqueue_jobs CASCADE");
await pool.end();
