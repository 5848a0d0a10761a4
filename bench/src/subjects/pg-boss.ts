import { type Payload, payloadOf, payloadsOf, randomPriority } from "../jobs.ts";
import { load, type Package } from "../on-demand.ts";
import { serverUrl } from "../servers/postgres.ts";
import type { Ran, Session, Subject } from "../subject.ts";
import { drainByWorker } from "./drain-by-worker.ts";
import { onPostgres } from "./others-on.ts";

const PACKAGE: Package = { name: "pg-boss", version: "12.35.0" };
// https://pgboss.io/api/workers#work-name-options-handler: workers that go on at once while their batches are full.
const BEST = { batchSize: 1000, localConcurrency: 4 };
const POLLING = { burstWhenBatchFull: true, pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 };
const QUEUE = "noop";
const PRIORITIES = 2 ** 31;

interface Job {
  readonly id: string;
  readonly data: Payload;
}
interface Boss {
  on(event: "error" | "warning", listener: () => void): void;
  start(): Promise<unknown>;
  stop(options: object): Promise<void>;
  createQueue(name: string, options: object): Promise<void>;
  send(name: string, data: Payload): Promise<unknown>;
  insert(name: string, jobs: readonly { data: Payload; priority?: number; startAfter?: Date }[]): Promise<unknown>;
  fetch(name: string, options: object): Promise<Job[]>;
  complete(name: string, ids: readonly string[]): Promise<unknown>;
  work(name: string, options: object, handler: (jobs: Job[]) => Promise<void>): Promise<string>;
  offWork(name: string, options: object): Promise<void>;
  getDb(): { executeSql(text: string): Promise<{ readonly rows: readonly { readonly count: number }[] }> };
}

/** pg-boss: jobs stay when they are done. `work` bursts only with batches, so one at a time is its `fetch` and `complete`. */
export const pgBoss: Subject = {
  name: PACKAGE.name,
  batching: "as many claimed as handled at once",
  hasDelays: true,
  configuration: `work ${JSON.stringify({ ...BEST, ...POLLING })}, notify`,
  library: PACKAGE,
  ...onPostgres(connect),
};

async function connect(schema: string): Promise<Session> {
  const { PgBoss } = await load<{ PgBoss: new (options: object) => Boss }>(PACKAGE);
  const boss = new PgBoss({ connectionString: serverUrl(), schema, max: 50, useListenNotify: true, schedule: false });
  for (const event of ["error", "warning"] as const) boss.on(event, () => undefined);
  await boss.start();
  await boss.createQueue(QUEUE, { notify: true });
  const begin = async (ran: Ran, concurrency?: number) => {
    const most = concurrency === undefined ? BEST : { batchSize: concurrency };
    await boss.work(QUEUE, { ...most, ...POLLING }, async (jobs) => jobs.forEach(({ data }) => ran(data.n)));
    return () => boss.offWork(QUEUE, { wait: true });
  };
  // Its own statistics are as old as a minute.
  const left = async () => {
    const { rows } = await boss.getDb().executeSql(`select count(*)::int from ${schema}.job where state < 'completed'`);
    return rows[0]?.count ?? 0;
  };
  return {
    add: (n, padding) => boss.send(QUEUE, payloadOf(n, padding)),
    addMany: (count, options = {}) =>
      boss.insert(
        QUEUE,
        payloadsOf(count, options).map((data) => ({
          data,
          ...(options.mixed && { priority: randomPriority(PRIORITIES) }),
          ...(options.delayMs !== undefined && { startAfter: new Date(Date.now() + options.delayMs) }),
        })),
      ),
    drain: (ran, concurrency) =>
      concurrency === 1 ? drainSingly(boss, ran) : drainByWorker((counted) => begin(counted, concurrency), left, ran),
    work: (ran) => begin(ran),
    close: () => boss.stop({ graceful: false, close: true }),
  };
}

async function drainSingly(boss: Boss, ran: Ran): Promise<void> {
  const fetch = (): Promise<Job[]> => boss.fetch(QUEUE, { batchSize: 1 });
  for (let [job] = await fetch(); job !== undefined; [job] = await fetch()) {
    ran(job.data.n);
    await boss.complete(QUEUE, [job.id]);
  }
}
