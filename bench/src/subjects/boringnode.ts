import { type Payload, payloadOf, payloadsOf, randomPriority } from "../jobs.ts";
import { load, type Package } from "../on-demand.ts";
import { serverUrl } from "../servers/postgres.ts";
import type { Ran, Session, Subject } from "../subject.ts";
import { onPostgres, onSqlite } from "./others-on.ts";
import { WAL } from "./wal.ts";

const PACKAGE: Package = {
  name: "@boringnode/queue",
  version: "0.6.0",
  beside: { knex: "3.3.0", pg: "8.23.1", "better-sqlite3": "13.2.0" },
};
// What its documentation shows, but for an `idleDelay` of two seconds; a concurrency of 10 is no faster, one of 1 or 50 is
// slower: https://github.com/boringnode/queue#worker-configuration
const BEST = { concurrency: 5, idleDelay: "10ms" };
const PRIORITIES = 10;
const QUEUES = ["default"];
// Knex inserts into SQLite by a SELECT of each row, and SQLite joins no more of them.
const MOST_ROWS = 500;

type Knex = object & { destroy(): Promise<void> };
type Cycle = { readonly type: string; readonly error?: Error } | null;
interface Batch extends PromiseLike<unknown> {
  priority(value: number): PromiseLike<unknown>;
}
interface Jobs {
  readonly payload: Payload;
}
interface Boringnode {
  Job: { new (): Jobs; dispatch(payload: object): PromiseLike<unknown>; dispatchMany(all: readonly object[]): Batch };
  Locator: { register(name: string, job: unknown): void };
  QueueManager: { init(config: object): Promise<unknown>; destroy(): Promise<void> };
  QueueSchemaService: new (knex: Knex) => { createJobsTable(): Promise<void>; createSchedulesTable(): Promise<void> };
  Worker: new (config: object) => {
    init(): Promise<void>;
    start(queues: readonly string[]): Promise<void>;
    processCycle(queues: readonly string[]): Promise<Cycle>;
    stop(): Promise<void>;
  };
}

const stores = {
  sqlite: onSqlite((filename, isNew) =>
    connect({ client: "better-sqlite3", connection: { filename }, useNullAsDefault: true, pool: WAL }, isNew),
  ),
  postgres: onPostgres((schema, isNew) =>
    connect({ client: "pg", connection: serverUrl(), searchPath: [schema], pool: { min: 0, max: 50 } }, isNew),
  ),
};

/** @boringnode/queue on knex: deletes jobs when they are done. Its settings are the process's, so one at a time. */
export function boringnode(store: keyof typeof stores): Subject {
  return {
    name: `boringnode ${store}`,
    batching: "none",
    configuration: `${JSON.stringify(BEST)}${store === "sqlite" ? ", WAL, synchronous NORMAL" : ""}`,
    share: 0.1,
    library: PACKAGE,
    ...stores[store],
  };
}

async function connect(database: object, isNew: boolean): Promise<Session> {
  const { Job, Locator, QueueManager, QueueSchemaService, Worker } = await load<Boringnode>(PACKAGE);
  const { default: createKnex } = await load<{ default: (config: object) => Knex }>(PACKAGE, "knex");
  const driver = await load<{ knex(knex: Knex): unknown }>(PACKAGE, `${PACKAGE.name}/drivers/knex_adapter`);
  const knex = createKnex(database);
  if (isNew) {
    const schema = new QueueSchemaService(knex);
    await schema.createJobsTable();
    await schema.createSchedulesTable();
  }
  let ran: Ran = () => undefined;
  class Noop extends Job {
    async execute(): Promise<void> {
      ran(this.payload.n);
    }
  }
  Locator.register(Noop.name, Noop);
  const config = { default: "knex", adapters: { knex: driver.knex(knex) }, autoLoadJobs: false };
  await QueueManager.init(config);
  const workerOf = async (counted: Ran, concurrency = BEST.concurrency) => {
    ran = counted;
    const worker = new Worker({ ...config, worker: { ...BEST, concurrency, gracefulShutdown: false } });
    await worker.init();
    return worker;
  };
  return {
    add: async (n, padding) => Noop.dispatch(payloadOf(n, padding)),
    addMany: async (count, options) => {
      const payloads = payloadsOf(count, options);
      if (options?.mixed) {
        // A call has one priority for all of its jobs.
        const groups = Object.values(Object.groupBy(payloads, () => randomPriority(PRIORITIES)));
        await Promise.all(groups.map((group, n) => Noop.dispatchMany(group ?? []).priority(n + 1)));
        return;
      }
      for (let n = 0; n < count; n += MOST_ROWS) await Noop.dispatchMany(payloads.slice(n, n + MOST_ROWS));
    },
    drain: async (counted, concurrency) => {
      const worker = await workerOf(counted, concurrency);
      for (let cycle: Cycle = null; cycle?.type !== "idle"; cycle = await worker.processCycle(QUEUES)) {
        if (cycle?.type === "error") throw cycle.error ?? new Error("The worker failed.");
      }
      await worker.stop();
    },
    work: async (counted) => {
      const worker = await workerOf(counted);
      const ended = worker.start(QUEUES);
      return () => worker.stop().then(() => ended);
    },
    close: async () => {
      await QueueManager.destroy();
      await knex.destroy();
    },
  };
}
