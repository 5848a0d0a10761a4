import type { Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import type { Subject } from "../subject.ts";
import { rateBeside, table } from "../tables.ts";

/** Jobs per second in a store that holds `backlog` waiting jobs already. */
interface Flatness {
  readonly backlog: number;
  readonly add: number;
  readonly drain: number;
}

const BACKLOGS = [1000, 10_000, 100_000, 1_000_000];
const SAMPLE = 20_000;
const BULK = 1000;

/** Adds to, and drains from, stores of growing size: a queue should not notice how much is waiting. */
export const backlog: Scenario = {
  name: "backlog",
  about: "jobs per second beside waiting jobs, in one process; the ratio is to the smallest backlog",
  suits: ({ name }) => ["anyqueue memory", "anyqueue sqlite FULL", "anyqueue postgres ON"].includes(name),
  run: async (subjects, { smoke, backlogs = smoke ? [1000, 2000] : BACKLOGS, note }) => {
    const tables: string[] = [];
    const data: { subject: string; rows: Flatness[] }[] = [];
    for (const subject of subjects) {
      note(`backlog: ${subject.name}`);
      const rows = await measure(subject, backlogs, smoke ? BULK : SAMPLE);
      data.push({ subject: subject.name, rows });
      tables.push(flatnessTable(subject.name, rows));
    }
    return { tables, data };
  },
};

async function measure(subject: Subject, backlogs: readonly number[], sample: number): Promise<Flatness[]> {
  const rows: Flatness[] = [];
  for (const waiting of backlogs) {
    const session = await subject.open();
    for (let n = 0; n < waiting; n += BULK) await session.addMany(Math.min(BULK, waiting - n));
    const addStart = performance.now();
    for (let n = 0; n < sample; n += BULK) await session.addMany(BULK);
    const addMs = performance.now() - addStart;
    const drainStart = performance.now();
    const done = await session.drain(false);
    const drainMs = performance.now() - drainStart;
    rows.push({ backlog: waiting, add: perSecond(sample, addMs), drain: perSecond(done, drainMs) });
    await session.close();
  }
  return rows;
}

function flatnessTable(subject: string, rows: readonly Flatness[]): string {
  const [first] = rows;
  return table(
    [`${subject}: waiting jobs`, "bulk add", "drain"],
    rows.map(({ backlog: waiting, add, drain }) => [
      waiting.toLocaleString("en"),
      rateBeside(add, first?.add),
      rateBeside(drain, first?.drain),
    ]),
  );
}
