import { type Payload, payloadOf, payloadsOf } from "../jobs.ts";
import { load, type Package } from "../on-demand.ts";
import { redisUrl } from "../servers/redis.ts";
import type { Ran, Session, Subject } from "../subject.ts";
import { drainByWorker } from "./drain-by-worker.ts";
import { onRedis } from "./others-on.ts";

const PACKAGE: Package = { name: "bee-queue", version: "2.0.0" };
// 100 is no faster, 1000 is slower.
const CONCURRENCY = 300;
// What its documentation says to switch off where nobody listens: https://github.com/bee-queue/bee-queue#settings
const SETTINGS = { getEvents: false, sendEvents: false, storeJobs: false, removeOnSuccess: true };

interface Job {
  readonly data: Payload;
  save(): Promise<unknown>;
}
interface Queue {
  on(event: "error" | "succeeded", listener: (job: Job) => void): void;
  ready(): Promise<unknown>;
  createJob(data: Payload): Job;
  saveAll(jobs: readonly Job[]): Promise<Map<Job, Error>>;
  process(concurrency: number, handler: (job: Job) => Promise<void>): void;
  checkHealth(): Promise<{ waiting: number; active: number }>;
  close(): Promise<void>;
}
type Queues = new (name: string, settings: object) => Queue;

/** bee-queue: jobs are removed when they are done. */
export const beeQueue: Subject = {
  name: PACKAGE.name,
  batching: "adds pipelined",
  hasPriorities: false,
  configuration: `concurrency ${CONCURRENCY}, ${JSON.stringify(SETTINGS)}`,
  library: PACKAGE,
  ...onRedis(connect),
};

async function connect(prefix: string): Promise<Session> {
  const { default: Queue } = await load<{ default: Queues }>(PACKAGE);
  const open = async (isWorker: boolean): Promise<Queue> => {
    const opened = new Queue("noop", { ...SETTINGS, redis: { url: redisUrl() }, prefix, isWorker });
    opened.on("error", () => undefined);
    await opened.ready();
    return opened;
  };
  const queue = await open(false);
  // Only once does a queue begin to process.
  const begin = async (ran: Ran, concurrency = CONCURRENCY, finished?: Ran) => {
    const worker = await open(true);
    if (finished) worker.on("succeeded", ({ data }) => finished(data.n));
    worker.process(concurrency, async ({ data }) => ran(data.n));
    return () => worker.close();
  };
  const left = async () => {
    const { waiting, active } = await queue.checkHealth();
    return waiting + active;
  };
  return {
    add: (n, padding) => queue.createJob(payloadOf(n, padding)).save(),
    addMany: async (count, options) => {
      const jobs = payloadsOf(count, options).map((payload) => queue.createJob(payload));
      const [failure] = (await queue.saveAll(jobs)).values();
      if (failure) throw failure;
    },
    drain: (ran, concurrency) => drainByWorker((counted) => begin(counted, concurrency), left, ran),
    work: (ran, finished) => begin(ran, CONCURRENCY, finished),
    close: () => queue.close(),
  };
}
