import { redisUrl } from "../servers/redis.ts";
import { type Payload, payloadOf, type Ran, type Session, type Subject } from "../subject.ts";
import { drainByWorker } from "./drain-by-worker.ts";
import { install, load, type Package } from "./on-demand.ts";
import { at } from "./place.ts";
import { redisHindrance } from "./redis-hindrance.ts";

const PACKAGE: Package = { name: "bee-queue", version: "2.0.0" };
const CONCURRENCY = 100;
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
  durability: "crash",
  batching: "none",
  floor: "floor redis",
  server: "redis",
  hasPriorities: false,
  configuration: `${PACKAGE.version}: concurrency ${CONCURRENCY}, ${JSON.stringify(SETTINGS)}`,
  hindrance: async () => (await redisHindrance()) ?? (await install(PACKAGE)),
  ...at("prefix", connect),
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
    addMany: async (count, { first = 0, padding } = {}) => {
      const jobs = Array.from({ length: count }, (_, i) => queue.createJob(payloadOf(first + i, padding)));
      const [failure] = (await queue.saveAll(jobs)).values();
      if (failure) throw failure;
    },
    drain: (ran, concurrency) => drainByWorker((counted) => begin(counted, concurrency), left, ran),
    work: (ran, finished) => begin(ran, CONCURRENCY, finished),
    close: () => queue.close(),
  };
}
