import Database from "better-sqlite3";
import { numberIn, payloadOf, payloadsOf } from "../jobs.ts";
import { load, type Package } from "../on-demand.ts";
import type { Ran, Session, Subject } from "../subject.ts";
import { drainByWorker } from "./drain-by-worker.ts";
import { onSqlite } from "./others-on.ts";

const PACKAGE: Package = { name: "plainjob", version: "0.0.14" };
const TYPE = "noop";
// Its only way to more throughput are more processes (https://www.npmjs.com/package/plainjob). Only an idle worker polls.
const WORKER = { pollIntervall: 50 };

interface Queue {
  add(type: string, data: object): unknown;
  addMany(type: string, data: readonly object[], options: object): unknown;
  countJobs(which: object): number;
  close(): void;
}
interface Plainjob {
  readonly better: (database: Database.Database) => object;
  readonly defineQueue: (options: object) => Queue;
  readonly defineWorker: (
    type: string,
    handler: (job: { data: string }) => Promise<void>,
    options: object,
  ) => { start(): Promise<void>; stop(): Promise<void> };
  JobStatus: { Pending: number; Processing: number };
}

/** plainjob: sets `synchronous` to NORMAL by itself, runs one job after the other, keeps them when they are done. */
export const plainjob: Subject = {
  name: PACKAGE.name,
  batching: "none",
  hasPriorities: false,
  hasDelays: true,
  configuration: JSON.stringify(WORKER),
  library: PACKAGE,
  ...onSqlite(connect),
};

async function connect(path: string): Promise<Session> {
  const { better, defineQueue, defineWorker, JobStatus } = await load<Plainjob>(PACKAGE);
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, warn: silent, error: silent };
  const queue = defineQueue({ connection: better(new Database(path)), logger });
  const begin = async (ran: Ran, finished?: Ran) => {
    const onCompleted = finished && ((job: { data: string }): void => finished(numberIn(job.data)));
    const worker = defineWorker(TYPE, async (job) => ran(numberIn(job.data)), {
      queue,
      logger,
      onCompleted,
      ...WORKER,
    });
    const ended = worker.start();
    return () => worker.stop().then(() => ended);
  };
  const left = async () =>
    queue.countJobs({ type: TYPE, status: JobStatus.Pending }) +
    queue.countJobs({ type: TYPE, status: JobStatus.Processing });
  return {
    add: async (n, padding) => queue.add(TYPE, payloadOf(n, padding)),
    addMany: async (count, options) =>
      queue.addMany(TYPE, payloadsOf(count, options), { delay: options?.delayMs ?? 0 }),
    drain: (ran) => drainByWorker(begin, left, ran),
    work: begin,
    close: async () => queue.close(),
  };
}
