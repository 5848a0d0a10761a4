import { type Payload, payloadOf, payloadsOf, randomPriority } from "../jobs.ts";
import { load, type Package } from "../on-demand.ts";
import { serverUrl } from "../servers/postgres.ts";
import { redisUrl } from "../servers/redis.ts";
import type { Ran, Session, Subject } from "../subject.ts";
import { drainByWorker } from "./drain-by-worker.ts";
import { onPostgres, onRedis } from "./others-on.ts";

const PACKAGE: Package = { name: "bullmq", version: "6.7.0", beside: { ioredis: "5.11.1", pg: "8.23.1" } };
const QUEUE = "noop";
// As https://docs.bullmq.io/guide/workers/concurrency says, and https://docs.bullmq.io/guide/postgresql; 50 and 300 are no
// faster on either store.
const BEST = { concurrency: 100 };
const JOB = { removeOnComplete: true, removeOnFail: true };
const PRIORITIES = 2 ** 21;

interface Closable {
  on(event: "error" | "completed", listener: (job: Job) => void): void;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}
interface Queue extends Closable {
  add(name: string, data: object, options: object): Promise<unknown>;
  addBulk(jobs: readonly { name: string; data: object; opts: object }[]): Promise<unknown>;
  getJobCountByTypes(...types: readonly string[]): Promise<number>;
}
interface BullMQ {
  Queue: new (name: string, options: object, backend?: unknown) => Queue;
  Worker: new (name: string, handler: (job: Job) => Promise<void>, options: object, backend?: unknown) => Closable;
  createPostgresBackend: unknown;
}
interface Job {
  readonly data: Payload;
}

type Store = "redis" | "postgres";
const stores = {
  redis: onRedis((prefix) => connect({ connection: { url: redisUrl() }, prefix }, "redis")),
  postgres: {
    share: 0.2,
    ...onPostgres((schema) =>
      connect({ connection: { connectionString: serverUrl(), schema, max: 50, migrate: true } }, "postgres"),
    ),
  },
};

/** BullMQ, on Redis or on Postgres: jobs are removed when they are done. */
export function bullmq(store: Store): Subject {
  return {
    name: `bullmq ${store}`,
    batching: store === "redis" ? "adds pipelined" : "none",
    hasDelays: true,
    configuration: JSON.stringify({ ...BEST, ...JOB }),
    library: PACKAGE,
    ...stores[store],
  };
}

async function connect(options: object, store: Store): Promise<Session> {
  const { Queue, Worker, createPostgresBackend } = await load<BullMQ>(PACKAGE);
  const backend = store === "postgres" ? [createPostgresBackend] : [];
  const queue = await ready(new Queue(QUEUE, options, ...backend));
  const begin = async (ran: Ran, concurrency = BEST.concurrency, finished?: Ran) => {
    const worker = new Worker(QUEUE, async ({ data }) => ran(data.n), { ...options, concurrency }, ...backend);
    if (finished) worker.on("completed", ({ data }) => finished(data.n));
    await ready(worker);
    return () => worker.close();
  };
  const left = () => queue.getJobCountByTypes("waiting", "active", "prioritized", "delayed");
  return {
    add: (n, padding) => queue.add("noop", payloadOf(n, padding), JOB),
    addMany: (count, options = {}) =>
      queue.addBulk(
        payloadsOf(count, options).map((data) => ({
          name: "noop",
          data,
          opts: {
            ...JOB,
            ...(options.mixed && { priority: randomPriority(PRIORITIES) }),
            ...(options.delayMs !== undefined && { delay: options.delayMs }),
          },
        })),
      ),
    drain: (ran, concurrency) => drainByWorker((counted) => begin(counted, concurrency), left, ran),
    work: (ran, finished) => begin(ran, BEST.concurrency, finished),
    close: () => queue.close(),
  };
}

async function ready<T extends Closable>(made: T): Promise<T> {
  made.on("error", () => undefined);
  await made.waitUntilReady();
  return made;
}
