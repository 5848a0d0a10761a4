import type { Scenario } from "../scenario.ts";
import { Counters, type Work } from "../servers/counters.ts";
import type { Session, Subject } from "../subject.ts";
import { onServer } from "../subjects/postgres-schema.ts";
import { table } from "../tables.ts";

interface Cost extends Work {
  readonly subject: string;
  readonly phase: string;
  readonly jobs: number;
  readonly dead: number;
  readonly hot: number;
}

type Phase = (session: Session, jobs: number) => Promise<unknown>;
const BULK = 1000;
const IN_FLIGHT = 50;

/** What is done to a store, one after the other; each phase drains or leaves what the one before left. */
const phases: readonly { readonly name: string; readonly share: number; readonly run: Phase }[] = [
  { name: "add", share: 0.05, run: addOneByOne },
  { name: "drain 1", share: 0.05, run: (session) => session.drain(true) },
  { name: "add×50", share: 1, run: addConcurrently },
  { name: "drain best", share: 1, run: (session) => session.drain(false) },
  { name: "bulk", share: 1, run: addInBulk },
  { name: "drain best of bulk", share: 1, run: (session) => session.drain(false) },
];

/** What a job costs the database. */
export const cost: Scenario = {
  name: "cost",
  about: "what a job costs Postgres: statements, WAL and dead rows (of which HOT), each per job",
  suits: ({ name }) => /postgres|graphile|pg-boss/.test(name),
  run: async (subjects, { smoke, note }) => {
    const data = await onServer(async (client) => {
      const counters = await Counters.start(client);
      const costs: Cost[] = [];
      for (const subject of subjects) {
        note(`cost: ${subject.name}`);
        costs.push(...(await measure(subject, counters, smoke ? 1000 : 10_000)));
      }
      await counters.stop();
      return costs;
    });
    const rows = data.map(({ subject, phase, jobs, statements, walBytes, dead, hot }) => [
      subject,
      phase,
      statements === undefined ? "–" : (statements / jobs).toFixed(3),
      Math.round(walBytes / jobs).toLocaleString("en"),
      `${(dead / jobs).toFixed(2)} (${(hot / jobs).toFixed(2)})`,
    ]);
    return { tables: [table(["subject", "", "statements", "WAL bytes", "dead rows"], rows)], data };
  },
};

async function measure(subject: Subject, counters: Counters, jobs: number): Promise<Cost[]> {
  const costs: Cost[] = [];
  const owner = await subject.open();
  const { address = "" } = owner;
  const clients = await counters.clients();
  let before = { dead: 0, hot: 0 };
  for (const { name, share, run } of phases) {
    const count = Math.ceil(jobs * share);
    // A session of its own: connections tell what they did to tables when they end.
    const session = await subject.join?.(address);
    if (session === undefined) break;
    const work = await counters.during(() => run(session, count));
    await session.close();
    const after = await counters.deadRows(address, clients);
    costs.push({
      subject: subject.name,
      phase: name,
      jobs: count,
      ...work,
      dead: after.dead - before.dead,
      hot: after.hot - before.hot,
    });
    before = after;
  }
  await owner.close();
  return costs;
}

async function addOneByOne(session: Session, jobs: number): Promise<void> {
  for (let n = 0; n < jobs; n++) await session.add(n);
}

async function addConcurrently(session: Session, jobs: number): Promise<void> {
  let n = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (n < jobs) await session.add(n++);
    }),
  );
}

async function addInBulk(session: Session, jobs: number): Promise<void> {
  for (let n = 0; n < jobs; n += BULK) await session.addMany(Math.min(BULK, jobs - n), { first: n });
}
