// Your rows and your jobs in one commit: neither an order without its mail, nor a mail without its order.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openQueue } from "anyqueue";
import Database from "better-sqlite3";

const folder = await mkdtemp(join(tmpdir(), "anyqueue-example-"));
const path = join(folder, "shop.db");

// The jobs live in the application's own file, in tables that begin with `anyqueue_`.
const queue = await openQueue(`sqlite:${path}`);
// A connection of your own. It can have one transaction at a time, so whatever runs at the same time needs another one.
const db = new Database(path);
db.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT); CREATE TABLE mails (order_id INTEGER PRIMARY KEY)");

/** Commits what `work` did, or nothing of it. IMMEDIATE, because a transaction that becomes a writer late can fail. */
async function transaction(work: () => Promise<void>): Promise<void> {
  db.exec("BEGIN IMMEDIATE");
  try {
    await work();
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

// Await nothing but the queue inside: the whole file is locked for writers until the commit.
await transaction(async () => {
  const { lastInsertRowid } = db.prepare("INSERT INTO orders (item) VALUES (?)").run("teapot");
  await queue.in(db).add("order.confirm", { order: Number(lastInsertRowid) });
});

await transaction(async () => {
  db.prepare("INSERT INTO orders (item) VALUES (?)").run("unicorn");
  await queue.in(db).add("order.confirm", { order: 2 });
  throw new Error("out of unicorns");
}).catch((error: Error) => console.log(`rolled back: ${error.message}`));

const worker = queue.work(
  {
    "order.confirm": async (job, ctx) => {
      const { order } = job.payload as { order: number };
      // The other direction: the handler's rows and the completion of its job are one commit, so its effect happens
      // exactly once. If the lease was lost, `complete` throws, and the row is rolled back with it.
      await transaction(async () => {
        db.prepare("INSERT INTO mails VALUES (?)").run(order);
        await ctx.complete({ mailed: order }, { tx: db });
      });
    },
  },
  { concurrency: 1 }, // One connection, so one transaction at a time.
);
await worker.idle();

console.log("orders:", db.prepare("SELECT * FROM orders").all());
console.log("mails: ", db.prepare("SELECT * FROM mails").all());
console.log(
  "jobs:  ",
  (await queue.list()).items.map(({ type, state, result }) => ({ type, state, result })),
);

await queue.close();
db.close();
await rm(folder, { recursive: true });
