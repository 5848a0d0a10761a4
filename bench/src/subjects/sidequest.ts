import { load } from "../on-demand.ts";
import { programBeside } from "../program-beside.ts";
import { serverUrl } from "../servers/postgres.ts";
import type { Ran, Session, Subject } from "../subject.ts";
import { drainByWorker } from "./drain-by-worker.ts";
import { onPostgres, onSqlite } from "./others-on.ts";
import { SIDEQUEST } from "./sidequest-package.ts";
import { WAL } from "./wal.ts";

// In one process and thread, as the others run: https://docs.sidequestjs.com/engine/configuration. It claims as many as
// it has handlers free, and rests for its interval when it has none; 500 are no faster, nor is an interval of 1.
const ENGINE = { fork: false, runner: "inline", jobPollingInterval: 10 };
const BEST = 50;
const IN_FLIGHT = 50;

interface Sidequest {
  configure(config: object): Promise<unknown>;
  start(config: object): Promise<void>;
  stop(): Promise<void>;
  build(job: unknown): { enqueue(n: number, padding?: string): Promise<unknown> };
  job: { count(): Promise<{ waiting: number; claimed: number; running: number }> };
}

const stores = {
  sqlite: onSqlite((filename, isNew) =>
    connect("@sidequest/sqlite-backend", { connection: { filename }, pool: { min: 1, max: 1, ...WAL } }, isNew),
  ),
  postgres: onPostgres((schema, isNew) =>
    connect(
      "@sidequest/postgres-backend",
      { connection: serverUrl(), searchPath: [schema], pool: { min: 0, max: 50 } },
      isNew,
    ),
  ),
};

/** Sidequest: keeps jobs when they are done, has no call for many. There is one of it in a process. */
export function sidequest(store: keyof typeof stores): Subject {
  return {
    name: `sidequest ${store}`,
    batching: "as many claimed as handled at once",
    configuration: `concurrency ${BEST}, ${JSON.stringify(ENGINE)}${store === "sqlite" ? ", WAL, synchronous NORMAL" : ""}`,
    hasPriorities: false,
    hasBulk: false,
    share: 0.1,
    library: SIDEQUEST,
    ...stores[store],
  };
}

async function connect(driver: string, config: object, isNew: boolean): Promise<Session> {
  const { Sidequest } = await load<{ Sidequest: Sidequest }>(SIDEQUEST);
  const core = await load<{ configureLogger(options: object): void }>(SIDEQUEST, "@sidequest/core");
  // Before what it tells while it is being configured.
  core.configureLogger({ level: "silent" });
  const { Noop, reportTo } = await import("./sidequest-job.ts");
  const options = {
    ...ENGINE,
    backend: { driver, config },
    manualJobResolution: true,
    jobsFilePath: programBeside("sidequest-job", import.meta.url),
    dashboard: { enabled: false },
    gracefulShutdown: false,
    logger: { level: "silent" },
  };
  await Sidequest.configure({ ...options, skipMigration: !isNew });
  const begin = async (ran: Ran, concurrency = BEST) => {
    reportTo(ran);
    // It cannot be configured twice.
    await Sidequest.stop();
    const queues = [{ name: "default", concurrency }];
    await Sidequest.start({ ...options, skipMigration: true, queues, maxConcurrentJobs: concurrency });
    return async () => {
      await Sidequest.stop();
      await Sidequest.configure({ ...options, skipMigration: true });
    };
  };
  const left = async () => {
    const { waiting, claimed, running } = await Sidequest.job.count();
    return waiting + claimed + running;
  };
  return {
    add: (n, padding) => Sidequest.build(Noop).enqueue(n, padding),
    addMany: async (count, { first = 0, padding } = {}) => {
      let next = first;
      const adding = async (): Promise<void> => {
        while (next < first + count) await Sidequest.build(Noop).enqueue(next++, padding);
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, adding));
    },
    drain: (ran, concurrency) => drainByWorker((counted) => begin(counted, concurrency), left, ran),
    work: (ran) => begin(ran),
    close: () => Sidequest.stop(),
  };
}
