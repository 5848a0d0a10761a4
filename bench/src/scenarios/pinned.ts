import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { Fleet } from "../processes/fleet.ts";
import type { Case, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import { onStore, type Session, type Subject } from "../subject.ts";
import { serverUrl } from "../servers/postgres.ts";
import { InvalidRun, Tally } from "../tally.ts";

const SECTIONS = 6;
const BULK = 1000;
const REPORT_MS = 20;
/** After which a server ends transactions of their kind. */
const TIME_LIMITS = ["idle_in_transaction_session_timeout", "transaction_timeout"];

/**
 * Somebody's forgotten transaction: nothing that was deleted after it began can be vacuumed. One process works while
 * another keeps jobs waiting, once without such a transaction and once with it.
 */
export const pinned: Scenario = {
  name: "pinned",
  about: "jobs per second in each sixth of the time, beside an idle REPEATABLE READ transaction and without it",
  isLong: true,
  baseline: { parameter: "snapshot" },
  // The other floor claims in the same way, and what `synchronous_commit=off` saves has nothing to do with it.
  suits: ({ name, server, durability, join }) =>
    server === "postgres" && durability === "power-loss" && join !== undefined && name !== "floor postgres ON",
  cases: ({ smoke, seconds = smoke ? 0.6 : 30 }) => {
    const sections = Array.from({ length: SECTIONS }, (_, n) => `${at(n + 1, seconds)} s`);
    return ["free", "pinned"].map((snapshot): Case => ({
      parameters: { snapshot },
      metrics: Object.fromEntries(sections.map((section) => [section, "jobs/s" as const])),
      run: async (subject) => {
        const work = () => onStore(subject, (session) => measure(subject, session, seconds, (smoke ? 2 : 20) * BULK));
        const rates = await (snapshot === "pinned" ? besideTransaction(work) : work());
        return Object.fromEntries(sections.map((section, n) => [section, rates[n]]));
      },
    }));
  },
};

function at(section: number, seconds: number): string {
  return ((section * seconds) / SECTIONS).toLocaleString("en", { maximumFractionDigits: 1 });
}

/** @throws InvalidRun if the transaction has ended when the work is done, for nothing was pinned any more. */
async function besideTransaction<T>(work: () => Promise<T>): Promise<T> {
  const transaction = new Client({ connectionString: serverUrl() });
  // A connection that breaks while nothing is asked; the commit is told of it.
  transaction.on("error", () => undefined);
  await transaction.connect();
  try {
    await transaction.query("begin isolation level repeatable read; select pg_current_xact_id()");
    // Not every version has all of them, and what one does not know cannot be set.
    await transaction.query("select set_config(name, '0', true) from pg_settings where name = any($1)", [TIME_LIMITS]);
    const result = await work();
    await transaction.query("commit").catch(({ message }: Error) => {
      throw new InvalidRun(`the transaction beside it ended early: ${message}`);
    });
    return result;
  } finally {
    await transaction.end();
  }
}

/** The rates of a worker that never runs out of jobs, in each section of the time; so many are kept waiting for it. */
async function measure(subject: Subject, session: Session, seconds: number, waiting: number): Promise<number[]> {
  const tally = new Tally();
  const rates: number[] = [];
  let done = 0;
  let added = 0;
  const feed = async (): Promise<void> => {
    const first = added;
    added += BULK;
    await session.addMany(BULK, { first });
    // A floor that has caught up sleeps, and bulk does not wake it.
    await session.addAndWake?.(added++);
  };
  while (added < waiting) await feed();
  await Fleet.use(subject, session.address ?? "", 1, async (fleet) => {
    await fleet.work(REPORT_MS, ({ jobs }) => {
      done += jobs.length;
      for (const n of jobs) tally.add(n);
    });
    for (let section = 0; section < SECTIONS; section++) {
      const [before, startedAt] = [done, performance.now()];
      while (performance.now() - startedAt < (seconds * 1000) / SECTIONS) {
        await (added - done < waiting ? feed() : delay(2));
      }
      rates.push(perSecond(done - before, performance.now() - startedAt));
    }
  });
  await session.drain((n) => tally.add(n));
  tally.check(added);
  return rates;
}
