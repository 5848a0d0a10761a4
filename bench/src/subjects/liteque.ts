import { type Payload, payloadOf, payloadsOf, randomPriority } from "../jobs.ts";
import { load, type Package } from "../on-demand.ts";
import type { Ran, Session, Subject } from "../subject.ts";
import { onSqlite } from "./others-on.ts";

const PACKAGE: Package = { name: "liteque", version: "0.8.0", beside: { "better-sqlite3": "13.2.0" } };
// All that https://github.com/karakeep-app/liteque#usage tells of; a concurrency of 1, 10 or 200 is no faster. It polls
// only when nothing is left.
const BEST = { concurrency: 50, pollIntervalMs: 20, timeoutSecs: 10 };
const PRIORITIES = 2 ** 31;

interface Runner {
  run(): Promise<void>;
  runUntilEmpty(): Promise<void>;
  stop(): void;
}
interface Client {
  exec(sql: string): unknown;
  close(): void;
  transaction?: unknown;
}
interface Liteque {
  readonly buildDBClient: (path: string, options: object) => { readonly session: { readonly client: Client } };
  SqliteQueue: new (
    name: string,
    database: object,
    options: object,
  ) => { enqueue(payload: object, options: object): Promise<unknown> };
  Runner: new (queue: object, callbacks: object, options: object) => Runner;
}

/** liteque: sets `synchronous` to NORMAL by itself, deletes jobs when they are done, has no call for many. */
export const liteque: Subject = {
  name: PACKAGE.name,
  batching: "none",
  hasBulk: false,
  share: 0.1,
  configuration: `${JSON.stringify(BEST)}, transactions as in better-sqlite3 11.9`,
  library: PACKAGE,
  ...onSqlite(connect),
};

async function connect(path: string, isNew: boolean): Promise<Session> {
  const { buildDBClient, SqliteQueue, Runner } = await load<Liteque>(PACKAGE);
  const database = buildDBClient(path, { runMigrations: isNew });
  allowPromises(database.session.client);
  const queue = new SqliteQueue("noop", database, { defaultJobArgs: { numRetries: 2 }, keepFailedJobs: false });
  const runner = (ran: Ran, concurrency = BEST.concurrency) =>
    new Runner(queue, { run: async ({ data }: { data: Payload }) => ran(data.n) }, { ...BEST, concurrency });
  return {
    add: (n, padding) => queue.enqueue(payloadOf(n, padding), {}),
    addMany: async (count, options = {}) => {
      for (const payload of payloadsOf(count, options)) {
        await queue.enqueue(payload, options.mixed ? { priority: randomPriority(PRIORITIES) } : {});
      }
    },
    drain: (ran, concurrency) => runner(ran, concurrency).runUntilEmpty(),
    work: async (ran) => {
      const working = runner(ran);
      const ended = working.run();
      return () => {
        working.stop();
        return ended;
      };
    },
    close: async () => database.session.client.close(),
  };
}

/** Its transactions answer promises, which better-sqlite3 refuses since 11.10. Before, it committed at the first `await`. */
function allowPromises(client: Client): void {
  client.transaction = (task: (...values: readonly unknown[]) => unknown) => {
    const run = (...values: readonly unknown[]): unknown => {
      client.exec("begin");
      try {
        const result = task(...values);
        client.exec("commit");
        return result;
      } catch (error) {
        client.exec("rollback");
        throw error;
      }
    };
    return { deferred: run };
  };
}
