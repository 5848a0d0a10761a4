import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { Fleet } from "../processes/fleet.ts";
import type { Plan, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import type { Subject } from "../subject.ts";
import { serverUrl } from "../subjects/postgres-schema.ts";
import { rate, table } from "../tables.ts";
import { InvalidRun, Tally } from "../tally.ts";

const SECTIONS = 6;
const BULK = 1000;
const REPORT_MS = 20;

/**
 * Somebody's forgotten transaction: nothing that was deleted after it began can be vacuumed. One process works while
 * another keeps jobs waiting, once without such a transaction and once with it.
 */
export const pinned: Scenario = {
  name: "pinned",
  about: "jobs per second in each sixth of the time, beside an idle REPEATABLE READ transaction and without it",
  isLong: true,
  // The other floor claims in the same way, and what `synchronous_commit=off` saves has nothing to do with it.
  suits: ({ name }) => /^floor postgres merged ON|^anyqueue postgres ON|graphile|pg-boss/.test(name),
  run: async (subjects, plan) => {
    const seconds = plan.seconds ?? (plan.smoke ? 0.6 : 30);
    const data: { subject: string; free: number[]; pinned: number[] }[] = [];
    for (const subject of subjects) {
      plan.note(`pinned: ${subject.name}`);
      const free = await measure(subject, seconds, plan);
      const transaction = new Client({ connectionString: serverUrl() });
      await transaction.connect();
      await transaction.query("begin isolation level repeatable read; select pg_current_xact_id()");
      data.push({ subject: subject.name, free, pinned: await measure(subject, seconds, plan) });
      await transaction.end();
    }
    const head = ["subject", "", ...Array.from({ length: SECTIONS }, (_, n) => `${at(n + 1, seconds)} s`)];
    const rows = data.flatMap(({ subject, free, pinned: held }) => [
      [subject, "free", ...free.map(rate)],
      ["", "pinned", ...held.map((value, n) => `${rate(value)} (${(value / (free[n] ?? value)).toFixed(2)})`)],
    ]);
    return { tables: [table(head, rows)], data: { seconds, subjects: data } };
  },
};

function at(section: number, seconds: number): string {
  return ((section * seconds) / SECTIONS).toLocaleString("en", { maximumFractionDigits: 1 });
}

/** The rates of a worker that never runs out of jobs, in each section of the time. */
async function measure(subject: Subject, seconds: number, plan: Plan): Promise<number[]> {
  const session = await subject.open();
  const fleet = await Fleet.start(subject, session.address ?? "", 1);
  // How many jobs are kept waiting while the worker drains them.
  const waiting = plan.smoke ? 2 * BULK : 20 * BULK;
  const tally = new Tally();
  let done = 0;
  let added = 0;
  const feed = async (): Promise<unknown> => {
    const adding = session.addMany(BULK, { first: added });
    added += BULK;
    return adding;
  };
  while (added < waiting) await feed();
  await fleet.work(REPORT_MS, (ran) => {
    done += ran.length;
    for (const n of ran) tally.add(n);
  });

  const rates: number[] = [];
  for (let section = 0; section < SECTIONS; section++) {
    const [before, startedAt] = [done, performance.now()];
    while (performance.now() - startedAt < (seconds * 1000) / SECTIONS) {
      await (added - done < waiting ? feed() : delay(2));
    }
    rates.push(perSecond(done - before, performance.now() - startedAt));
  }
  await fleet.stop();
  await session.drain(false, (n) => tally.add(n));
  await session.close();
  try {
    tally.check(added);
  } catch (error) {
    if (!(error instanceof InvalidRun)) throw error;
    plan.invalid(`${subject.name}, pinned: ${error.message}`);
  }
  return rates;
}
