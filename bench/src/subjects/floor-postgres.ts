import { Client, Pool } from "pg";
import { type JobOptions, payloadsOf, randomPriority, textOf } from "../jobs.ts";
import { onServer, serverUrl } from "../servers/postgres.ts";
import type { Session, Subject } from "../subject.ts";
import { batchFor, CLAIMED, drainBy, type Row, type Step, workBy } from "./claim-loop.ts";
import { at } from "./place.ts";

const CONNECTIONS = 50;
const TABLE = `
  create table jobs (seq bigint generated always as identity primary key, priority bigint not null, run_at bigint not null,
    active boolean not null default false, payload text not null);
  create index ready on jobs (priority, run_at, seq) where not active`;
const ADD = {
  name: "add",
  text: `insert into jobs (priority, run_at, payload) select new.priority, $1, new.payload from unnest($2::bigint[], $3::text[]) as new (priority, payload)`,
};
const ADD_ONE = { name: "add-one", text: "insert into jobs (priority, run_at, payload) values ($1, $2, $3)" };
const WAKE = { name: "wake", text: "select pg_notify(current_schema(), '')" };
const next = (condition = ""): string => `next as materialized (
  select seq from jobs where not active and run_at <= $1 ${condition} order by priority, run_at, seq limit $2
  for update skip locked)`;
const BEGIN = "update jobs set active = true from next where jobs.seq = next.seq returning jobs.seq, jobs.payload";
const CLAIM = {
  name: "claim",
  text: `with ${next()} ${BEGIN}`,
};
const FINISH = { name: "finish", text: "delete from jobs where seq = any($1::bigint[])" };
// Finishes first. SKIP LOCKED skips no row that another has claimed since the snapshot: it locks the new version, finds
// that it no longer matches, and keeps the lock; two that claim first and finish then can so wait for each other.
const FINISH_AND_CLAIM = {
  name: "finish-and-claim",
  text: `with done as (delete from jobs where seq = any($3::bigint[]) returning seq),
    ${next("and (select count(*) from done) >= 0")} ${BEGIN}`,
};
// Right after a bulk load the statistics are those of an empty table, and each claim would sort the whole backlog.
const PINNED = ["sort", "seqscan", "bitmapscan", "hashjoin", "mergejoin"].map((plan) => `-c enable_${plan}=off`);

interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values?: unknown[];
}

/** How a floor uses its connections. */
interface Style {
  readonly name: string;
  readonly batching: string;
  readonly configuration: string;
  /** How a job is added; `after` is sent behind it. */
  adder(pool: Pool, ...after: readonly Statement[]): (n: number, padding?: string) => Promise<unknown>;
  step(pool: Pool): Step;
}

const plain: Style = {
  name: "floor postgres",
  batching: `${CLAIMED} claimed`,
  configuration: `an INSERT per job on ${CONNECTIONS} connections; ${CLAIMED} claimed by one statement, finished by another`,
  adder:
    (pool, ...after) =>
    (n, padding) =>
      send(pool, { ...ADD_ONE, values: [512, Date.now(), textOf(n, padding)] }, ...after),
  step: (pool) => async (done, limit) => {
    if (done.length > 0) await pool.query({ ...FINISH, values: [done] });
    if (limit === 0) return [];
    return (await pool.query<Row>({ ...CLAIM, values: [Date.now(), limit] })).rows;
  },
};

const merged: Style = {
  name: "floor postgres merged",
  batching: `adds merged, ${CLAIMED} claimed`,
  configuration: `adds in flight merged by UNNEST; ${CLAIMED} finished and the next ${CLAIMED} claimed by one statement`,
  adder: mergingAdder,
  step: (pool) => async (done, limit) =>
    (await pool.query<Row>({ ...FINISH_AND_CLAIM, values: [Date.now(), limit, done] })).rows,
};

/** What pg itself can do with an ideal index: nothing but the storage work of a queue. Finished rows are deleted. */
export function floorPostgres(style: "plain" | "merged", durability: "on" | "off"): Subject {
  const chosen = style === "plain" ? plain : merged;
  const url = (schema: string): string =>
    serverUrl({
      options: [...PINNED, `-c search_path=${schema}`, `-c synchronous_commit=${durability}`].join(" "),
    });
  return {
    name: `${chosen.name} ${durability.toUpperCase()}`,
    kind: "floor",
    durability: durability === "on" ? "power-loss" : "crash",
    batching: chosen.batching,
    configuration: chosen.configuration,
    hasDelays: true,
    isVariant: durability === "off",
    server: "postgres",
    ...at("schema", async (schema, isNew) => {
      if (isNew) await onServer((client) => client.query(TABLE), url(schema));
      return connect(chosen, url(schema), schema);
    }),
  };
}

async function connect(style: Style, url: string, schema: string): Promise<Session> {
  const pool = new Pool({ connectionString: url, max: CONNECTIONS });
  // An idle connection that breaks, as when the server is stopped after a failure, is not the failure to tell.
  pool.on("error", () => undefined);
  const step = style.step(pool);
  return {
    add: style.adder(pool),
    addAndWake: style.adder(pool, WAKE),
    addMany: (count, options) => {
      const texts = payloadsOf(count, options).map((payload) => JSON.stringify(payload));
      return pool.query({ ...ADD, values: columnsOf(texts, options) });
    },
    drain: (ran, concurrency) => drainBy(step, batchFor(concurrency), ran),
    work: async (ran, finished) => {
      const worker = workBy(step, CLAIMED, ran, finished);
      const listener = new Client({ connectionString: url });
      await listener.connect();
      listener.on("notification", () => worker.wake());
      await listener.query(`listen ${schema}`);
      return async () => {
        await worker.stop();
        await listener.end();
      };
    },
    close: () => pool.end(),
  };
}

/** While one INSERT is on its way, the calls that come in are gathered for the next. */
function mergingAdder(pool: Pool, ...after: readonly Statement[]): (n: number, padding?: string) => Promise<unknown> {
  let gathered: string[] = [];
  let sending: Promise<unknown> | undefined;
  let next: Promise<unknown> | undefined;
  const begin = (): Promise<unknown> => {
    const texts = gathered;
    gathered = [];
    next = undefined;
    return (sending = send(pool, { ...ADD, values: columnsOf(texts) }, ...after));
  };
  return (n, padding) => {
    gathered.push(textOf(n, padding));
    return (next ??= sending === undefined ? Promise.resolve().then(begin) : sending.then(begin, begin));
  };
}

/** Sends statements one behind the other on one connection, so that they cost one round trip. */
async function send(pool: Pool, ...statements: readonly Statement[]): Promise<void> {
  const client = await pool.connect();
  try {
    await Promise.all(statements.map((statement) => client.query(statement)));
  } finally {
    client.release();
  }
}

function columnsOf(texts: readonly string[], { mixed, delayMs = 0 }: JobOptions = {}): unknown[] {
  return [Date.now() + delayMs, texts.map(() => (mixed ? randomPriority() : 512)), texts];
}
