import { Pool } from "pg";
import { type Payload, payloadOf, payloadsOf, randomPriority } from "../jobs.ts";
import { load, type Package } from "../on-demand.ts";
import { serverUrl } from "../servers/postgres.ts";
import type { Ran, Session, Subject } from "../subject.ts";
import { drainByWorker } from "./drain-by-worker.ts";
import { onPostgres } from "./others-on.ts";

const BACKEND = "@agendajs/postgres-backend";
const PACKAGE: Package = { name: "agenda", version: "6.2.6", beside: { [BACKEND]: "3.0.6" } };
// https://github.com/agenda/agenda#backend-configuration; a concurrency of 10, 200 or 500 is no faster.
// A short life of locks, since a timer of half of it outlives each job.
const BEST = { defaultConcurrency: 50, maxConcurrency: 50, defaultLockLifetime: 10_000, removeOnComplete: true };
const PRIORITIES = 1000;

interface AgendaJob {
  readonly attrs: { readonly data: Payload };
  priority(value: number): this;
  schedule(when: Date): this;
  save(): Promise<unknown>;
}
interface Agenda {
  readonly ready: Promise<void>;
  readonly db: { getQueueSize(): Promise<number> };
  on(event: "error", listener: () => void): void;
  define(name: string, handler: (job: AgendaJob) => Promise<void>): void;
  now(name: string, data: object): Promise<unknown>;
  create(name: string, data: object): AgendaJob;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Agenda on Postgres: deletes jobs when they are done, has no call for many, and locks ahead without a bound. */
export const agenda: Subject = {
  name: "agenda postgres",
  batching: "none",
  hasBulk: false,
  share: 0.1,
  configuration: JSON.stringify(BEST),
  library: PACKAGE,
  ...onPostgres(connect),
};

async function connect(schema: string): Promise<Session> {
  const { Agenda } = await load<{ Agenda: new (options: object) => Agenda }>(PACKAGE);
  const { PostgresBackend } = await load<{ PostgresBackend: new (options: object) => object }>(PACKAGE, BACKEND);
  const pool = new Pool({ connectionString: serverUrl({ options: `-c search_path=${schema}` }), max: 50 });
  pool.on("error", () => undefined);
  const open = async (options: object): Promise<Agenda> => {
    const opened = new Agenda({ backend: new PostgresBackend({ pool, channelName: schema }), ...options });
    opened.on("error", () => undefined);
    await opened.ready;
    return opened;
  };
  const producer = await open({});
  // It knows of no jobs to run; only one that was started tells others of what it adds.
  await producer.start();
  const begin = async (ran: Ran, concurrency = BEST.maxConcurrency) => {
    const worker = await open({ ...BEST, defaultConcurrency: concurrency, maxConcurrency: concurrency });
    worker.define("noop", async ({ attrs }) => ran(attrs.data.n));
    await worker.start();
    return () => worker.stop();
  };
  const left = async () => {
    const { rows } = await pool.query<{ count: number }>("select count(*)::int as count from agenda_jobs");
    return rows[0]?.count ?? 0;
  };
  return {
    add: (n, padding) => producer.now("noop", payloadOf(n, padding)),
    addMany: (count, options) =>
      Promise.all(
        payloadsOf(count, options).map((payload) => {
          const job = producer.create("noop", payload);
          if (options?.mixed) job.priority(randomPriority(PRIORITIES));
          return job.schedule(new Date()).save();
        }),
      ),
    drain: (ran, concurrency) => drainByWorker((counted) => begin(counted, concurrency), left, ran),
    work: (ran) => begin(ran),
    close: async () => {
      await producer.stop();
      await pool.end();
    },
  };
}
