import type { Case, Readings, Scenario } from "../scenario.ts";
import { Counters } from "../servers/counters.ts";
import { hindranceIn, onServer } from "../servers/postgres.ts";
import { onStore, type Session, type Subject } from "../subject.ts";
import { Tally } from "../tally.ts";
import { addAtOnce, addInBulk } from "./adding.ts";

type Act = (session: Session, jobs: number) => Promise<unknown>;

interface Phase {
  readonly phase: string;
  readonly share: number;
  readonly batching?: string;
  /** What the store has to hold. */
  readonly before?: Act;
  readonly act: Act;
}

const ALONE = { share: 0.05, batching: "one at a time" };
const phases: readonly Phase[] = [
  { phase: "add", ...ALONE, act: (session, jobs) => addAtOnce(session, jobs, 1) },
  { phase: "add×50", share: 1, act: (session, jobs) => addAtOnce(session, jobs, 50) },
  { phase: "bulk", share: 1, batching: "up to 1000 a call", act: addInBulk },
  { phase: "drain 1", ...ALONE, before: addInBulk, act: (session, jobs) => drainAll(session, jobs, 1) },
  { phase: "drain best", share: 1, before: addInBulk, act: (session, jobs) => drainAll(session, jobs) },
];

/** What a job costs the database. */
export const cost: Scenario = {
  name: "cost",
  about: "what a job costs Postgres: statements, WAL and dead rows (of which HOT), each per job",
  plot: { kind: "none" },
  suits: ({ server, join }) => server === "postgres" && join !== undefined,
  lacks: ({ postgres }) => hindranceIn(postgres),
  cases: ({ smoke }) =>
    phases.map(({ phase, share, batching, before, act }): Case => ({
      parameters: { phase },
      ...(batching !== undefined && { batching }),
      metrics: {
        statements: "statements/job",
        WAL: "bytes/job",
        "dead rows": "rows/job",
        "HOT updates": "rows/job",
      },
      run: async (subject) => {
        if (phase === "bulk" && subject.hasBulk === false) return {};
        const jobs = Math.ceil((smoke ? 1000 : 10_000) * share);
        return onStore(subject, async ({ address = "" }) => {
          if (before) await asClient(subject, address, (session) => before(session, jobs));
          return measure(subject, address, jobs, act);
        });
      },
    })),
};

async function measure(subject: Subject, address: string, jobs: number, act: Act): Promise<Readings> {
  return onServer(async (client) => {
    await using counters = await Counters.start(client);
    const clients = await counters.clients();
    const before = await counters.deadRows(address, clients);
    const { statements, walBytes } = await asClient(subject, address, (session) =>
      counters.during(() => act(session, jobs)),
    );
    const after = await counters.deadRows(address, clients);
    return {
      statements: statements === undefined ? undefined : statements / jobs,
      WAL: walBytes / jobs,
      "dead rows": (after.dead - before.dead) / jobs,
      "HOT updates": (after.hot - before.hot) / jobs,
    };
  });
}

/** A session of its own: connections tell what they did to tables when they end. */
async function asClient<T>(subject: Subject, address: string, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await subject.join?.(address);
  if (session === undefined) throw new Error(`${subject.name} cannot share a store.`);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function drainAll(session: Session, jobs: number, concurrency?: number): Promise<void> {
  const tally = new Tally();
  await session.drain((n) => tally.add(n), concurrency);
  tally.check(jobs);
}
