import { type Payload, payloadOf, payloadsOf, randomPriority } from "../jobs.ts";
import { load, type Package } from "../on-demand.ts";
import { serverUrl } from "../servers/postgres.ts";
import type { Session, Subject } from "../subject.ts";
import { onPostgres } from "./others-on.ts";

const PACKAGE: Package = { name: "pg-boss", version: "12.35.0" };
const BATCH = 500;
const WORK = { batchSize: BATCH, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
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
}

/** pg-boss: jobs stay when they are done. `work` waits half a second between polls, so a drain is its `fetch` and `complete`. */
export const pgBoss: Subject = {
  name: PACKAGE.name,
  batching: `${BATCH} claimed`,
  hasDelays: true,
  configuration: `drain by fetch and complete of ${BATCH}; work ${JSON.stringify(WORK)}, notify`,
  library: PACKAGE,
  ...onPostgres(connect),
};

async function connect(schema: string): Promise<Session> {
  const { PgBoss } = await load<{ PgBoss: new (options: object) => Boss }>(PACKAGE);
  const boss = new PgBoss({ connectionString: serverUrl(), schema, max: 50, useListenNotify: true, schedule: false });
  for (const event of ["error", "warning"] as const) boss.on(event, () => undefined);
  await boss.start();
  await boss.createQueue(QUEUE, { notify: true });
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
    drain: async (ran, batchSize = BATCH) => {
      const fetch = (): Promise<Job[]> => boss.fetch(QUEUE, { batchSize });
      for (let jobs = await fetch(); jobs.length > 0; jobs = await fetch()) {
        for (const { data } of jobs) ran(data.n);
        await boss.complete(
          QUEUE,
          jobs.map(({ id }) => id),
        );
      }
    },
    work: async (ran) => {
      await boss.work(QUEUE, WORK, async (jobs) => jobs.forEach(({ data }) => ran(data.n)));
      return () => boss.offWork(QUEUE, { wait: true });
    },
    close: () => boss.stop({ graceful: false, close: true }),
  };
}
