import { EventEmitter } from "node:events";
import { type Payload, payloadOf, payloadsOf, randomPriority } from "../jobs.ts";
import { load, type Package } from "../on-demand.ts";
import { serverUrl } from "../servers/postgres.ts";
import type { Ran, Session, Subject } from "../subject.ts";
import { onPostgres } from "./others-on.ts";

const PACKAGE: Package = { name: "graphile-worker", version: "0.18.0" };
// What its documentation measures itself with, but for a local queue of 500, which is slower here by a fifth; more
// handlers and fewer connections are no faster: https://worker.graphile.org/docs/performance
const BEST = { concurrentJobs: 24, localQueue: { size: 1000 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
const PRIORITIES = 2 ** 15;

interface Job {
  readonly identifier: string;
  readonly payload: Payload;
  readonly priority?: number;
  readonly runAt?: Date;
}
interface Utils {
  addJob(identifier: string, payload: Payload): Promise<unknown>;
  addJobs(jobs: readonly Job[]): Promise<unknown>;
  release(): Promise<void>;
}
interface GraphileWorker {
  makeWorkerUtils(options: object): Promise<Utils & { migrate(): Promise<void> }>;
  runOnce(options: object, tasks: object): Promise<void>;
  run(options: object, tasks: object): Promise<{ stop(): Promise<void> }>;
  Logger: new (factory: () => () => void) => object;
}

/** graphile-worker: jobs are deleted when they are done. */
export const graphileWorker: Subject = {
  name: PACKAGE.name,
  batching: `${BEST.localQueue.size} claimed`,
  configuration: JSON.stringify(BEST),
  hasDelays: true,
  library: PACKAGE,
  ...onPostgres(connect),
};

async function connect(schema: string): Promise<Session> {
  const graphile = await load<GraphileWorker>(PACKAGE);
  const logger = new graphile.Logger(() => () => undefined);
  const worker = { connectionString: serverUrl(), schema, maxPoolSize: 50 };
  const options = (mode: object): object => ({
    logger,
    noHandleSignals: true,
    preset: { worker: { ...worker, ...mode } },
  });
  const utils = await graphile.makeWorkerUtils(options({}));
  await utils.migrate();
  const tasks = (ran: Ran): object => ({ noop: async ({ n }: Payload) => ran(n) });
  return {
    add: (n, padding) => utils.addJob("noop", payloadOf(n, padding)),
    addMany: (count, options = {}) =>
      utils.addJobs(
        payloadsOf(count, options).map((payload) => ({
          identifier: "noop",
          payload,
          ...(options.mixed && { priority: randomPriority(PRIORITIES) }),
          ...(options.delayMs !== undefined && { runAt: new Date(Date.now() + options.delayMs) }),
        })),
      ),
    drain: (ran, concurrentJobs = BEST.concurrentJobs) =>
      graphile.runOnce(options(concurrentJobs === 1 ? { concurrentJobs } : { ...BEST, concurrentJobs }), tasks(ran)),
    work: async (ran, finished) => {
      const events = new EventEmitter();
      if (finished) events.on("job:complete", ({ job }: { job: Job }) => finished(job.payload.n));
      const listening = new Promise((resolve) => events.once("pool:listen:success", resolve));
      const runner = await graphile.run({ ...options(BEST), events }, tasks(ran));
      await listening;
      return () => runner.stop();
    },
    close: () => utils.release(),
  };
}
