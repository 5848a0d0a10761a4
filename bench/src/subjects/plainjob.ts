import Database from "better-sqlite3";
import { type Payload, payloadOf, type Ran, type Session, type Subject } from "../subject.ts";
import { drainByWorker } from "./drain-by-worker.ts";
import { install, load, type Package } from "./on-demand.ts";
import { at } from "./place.ts";

const PACKAGE: Package = { name: "plainjob", version: "0.0.14" };
const TYPE = "noop";
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
  durability: "crash",
  batching: "none",
  floor: "floor sqlite NORMAL",
  hasPriorities: false,
  hasDelays: true,
  configuration: `${PACKAGE.version}: ${JSON.stringify(WORKER)}`,
  hindrance: () => install(PACKAGE),
  ...at("file", connect),
};

async function connect(path: string): Promise<Session> {
  const { better, defineQueue, defineWorker, JobStatus } = await load<Plainjob>(PACKAGE);
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, warn: silent, error: silent };
  const queue = defineQueue({ connection: better(new Database(path)), logger });
  const numberOf = ({ data }: { data: string }): number => (JSON.parse(data) as Payload).n;
  const begin = async (ran: Ran, finished?: Ran) => {
    const onCompleted = finished && ((job: { data: string }): void => finished(numberOf(job)));
    const worker = defineWorker(TYPE, async (job) => ran(numberOf(job)), { queue, logger, onCompleted, ...WORKER });
    const ended = worker.start();
    return () => worker.stop().then(() => ended);
  };
  const left = async () =>
    queue.countJobs({ type: TYPE, status: JobStatus.Pending }) +
    queue.countJobs({ type: TYPE, status: JobStatus.Processing });
  return {
    add: async (n, padding) => queue.add(TYPE, payloadOf(n, padding)),
    addMany: async (count, { first = 0, padding, delayMs = 0 } = {}) =>
      queue.addMany(
        TYPE,
        Array.from({ length: count }, (_, i) => payloadOf(first + i, padding)),
        { delay: delayMs },
      ),
    drain: (ran) => drainByWorker(begin, left, ran),
    work: begin,
    close: async () => queue.close(),
  };
}
