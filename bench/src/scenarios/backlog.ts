import type { Case, Readings, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import { onStore, type Session } from "../subject.ts";
import { Tally } from "../tally.ts";

const BACKLOGS = [1000, 10_000, 100_000, 1_000_000];
const SAMPLE = 20_000;
const BULK = 1000;

/** Adds to, and drains from, stores of growing size: a queue should not notice how much is waiting. */
export const backlog: Scenario = {
  name: "backlog",
  about: "jobs per second beside waiting jobs, in one process; the ratio is to the smallest backlog",
  baseline: { parameter: "waiting" },
  plot: { kind: "curve", over: "waiting" },
  suits: ({ name }) => ["anyqueue memory", "anyqueue sqlite FULL", "anyqueue postgres ON"].includes(name),
  cases: ({ smoke, backlogs = smoke ? [1000, 2000] : BACKLOGS }) =>
    backlogs.map((waiting): Case => ({
      parameters: { waiting },
      metrics: { "bulk add": "jobs/s", drain: "jobs/s" },
      // A long drain needs no repetition.
      ...(waiting > 100_000 && { runs: 1 }),
      run: (subject) => onStore(subject, (session) => measure(session, waiting, smoke ? BULK : SAMPLE)),
    })),
};

async function measure(session: Session, waiting: number, sample: number): Promise<Readings> {
  const add = async (first: number, end: number): Promise<void> => {
    for (let n = first; n < end; n += BULK) await session.addMany(Math.min(BULK, end - n), { first: n });
  };
  await add(0, waiting);
  const addStart = performance.now();
  await add(waiting, waiting + sample);
  const addMs = performance.now() - addStart;
  const tally = new Tally();
  const drainStart = performance.now();
  await session.drain(false, (n) => tally.add(n));
  const drainMs = performance.now() - drainStart;
  tally.check(waiting + sample);
  return { "bulk add": perSecond(sample, addMs), drain: perSecond(waiting + sample, drainMs) };
}
