import { openQueue, type Queue } from "@anyqueue/api";
import pg from "pg";

// A client whose clock is off by hours. It does everything that time plays a part in, and tells which of its own times it
// sent to the server on the way.
const [url = "", schema = "", skew = "0"] = process.argv.slice(2);

const rightNow = Date.now;
const RightDate = Date;
const now = (): number => rightNow() + Number(skew);
globalThis.Date = class extends RightDate {
  constructor(...given: readonly []) {
    if (given.length > 0) super(...given);
    else super(now());
  }
  static override now = now;
} as DateConstructor;

/** Whole numbers that stand by themselves, and are times near that of the wrong clock; those in JSON by their names. */
function wrongTimes(text: string): readonly string[] {
  return [...text.matchAll(/(?<![\w-])(?:"(\w+)":)?(\d{10,15})(?![\w-])/g)]
    .filter(([, , digits]) => [1, 1000].some((unit) => Math.abs(Number(digits) * unit - now()) < 3_600_000))
    .map(([found, name]) => name ?? found);
}

const sent: string[] = [];
let statements = 0;
const query = Reflect.get(pg.Client.prototype, "query") as (this: pg.Client, ...given: unknown[]) => unknown;
pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
  const [config] = given as [string | pg.QueryConfig];
  const { text, values = [] } = typeof config === "string" ? { text: config } : config;
  for (const value of [text, ...(values as unknown[])]) sent.push(...wrongTimes(String(value)));
  statements++;
  return query.apply(this, given);
} as never;

const queue: Queue = await openQueue(
  { backend: "postgres", url, schema, connections: 2 },
  { backoff: () => 60_000, retention: false },
);

// In the order in which the parent looks at them.
await queue.add("now", 1, { id: "now" });
await queue.add("later", 1, { id: "later", delay: "1h" });
await queue.addMany([{ type: "now", payload: 1, options: { id: "many", delay: "1h" } }]);
const held = await queue.receive({ types: ["now"], lease: "30s" });
await held?.progress(1);
await held?.log(1);
await held?.renew("45s");

await queue.add("released", 1, { id: "released" });
await (await queue.receive({ types: ["released"] }))?.release("10m");
await queue.add("failed", 1, { id: "failed" });
await (await queue.receive({ types: ["failed"] }))?.fail(new Error("no"));
await queue.add("ended", 1, { id: "ended" });
await queue.add("snoozed", 1, { id: "snoozed" });
const worker = queue.work(
  { ended: () => "done", snoozed: (_, context) => context.snooze("20m") },
  { concurrency: 1, interval: "1h" },
);
await queue.result("default:ended", { timeout: "10s" });
await worker.idle();
await worker.stop();
await queue.add("retried", 1, { id: "retried" });
await queue.cancel("default:retried");
await queue.retry("default:retried");
await queue.cancel("default:retried");

const early = await queue.receive();
const counts = (await queue.lanes()).map((lane) => lane.counts);
const pruned = await queue.prune({ olderThan: "1h" });
const listed = (await queue.list({ states: ["waiting"], limit: 99 })).items.map(({ id }) => id);
await queue.eventPage({ limit: 9 });
await queue.pause("other");
await queue.close();
process.send?.({ statements, sent, early: early?.job.id ?? null, counts, pruned, listed });
