import { Fleet } from "../processes/fleet.ts";
import type { Plan, Scenario } from "../scenario.ts";
import { median, perSecond } from "../statistics.ts";
import type { Subject } from "../subject.ts";
import { rateBeside, table } from "../tables.ts";
import { InvalidRun, Tally } from "../tally.ts";

/** What is drained, and by whom. */
interface Case {
  readonly backlog: number;
  readonly processes: number;
  readonly mixed: boolean;
}

interface Drained extends Case {
  readonly subject: string;
  /** Jobs per second in each round; null when a job was lost or ran twice. */
  readonly rates: readonly (number | null)[];
}

const BULK = 1000;
const WARM_UP = 5000;

/** Worker processes of their own drain a backlog that was loaded in bulk; nothing tells the database about it. */
export const processes: Scenario = {
  name: "processes",
  about: "jobs per second drained by worker processes from a fresh bulk load; the ratio is to the floor",
  isLong: true,
  suits: ({ join }) => join !== undefined,
  run: async (subjects, plan) => {
    const cases = plan.smoke
      ? [{ backlog: 2000, processes: 2, mixed: true }]
      : (plan.backlogs ?? [10_000, 1_000_000]).flatMap((backlog) =>
          [1, 4].flatMap((count) => [false, true].map((mixed) => ({ backlog, processes: count, mixed }))),
        );
    const drained: Drained[] = [];
    for (const each of cases) {
      for (const subject of subjects) {
        plan.note(`processes: ${titleOf(each)}: ${subject.name}`);
        drained.push({ ...each, subject: subject.name, rates: await measure(subject, each, plan) });
      }
    }
    const rateOf = (subject: string | undefined, { backlog, processes: count, mixed }: Case): number | undefined => {
      const rates = drained
        .filter((d) => d.subject === subject && d.backlog === backlog && d.processes === count && d.mixed === mixed)
        .flatMap((d) => d.rates.filter((value) => value !== null));
      return rates.length === 0 ? undefined : median(rates);
    };
    const rows = subjects.map(({ name, floor }) => [
      name,
      ...cases.map((each) => rateBeside(rateOf(name, each), rateOf(floor, each))),
    ]);
    return { tables: [table(["subject", ...cases.map(titleOf)], rows)], data: drained };
  },
};

function titleOf({ backlog, processes: count, mixed }: Case): string {
  return `${backlog.toLocaleString("en")}${mixed ? " mixed" : ""} ×${count}`;
}

async function measure(subject: Subject, { backlog, processes: count, mixed }: Case, plan: Plan) {
  const session = await subject.open();
  const fleet = await Fleet.start(subject, session.address ?? "", count);
  const load = async (jobs: number): Promise<void> => {
    for (let n = 0; n < jobs; n += BULK) await session.addMany(Math.min(BULK, jobs - n), { first: n, mixed });
  };
  await load(plan.smoke ? 100 : WARM_UP);
  await fleet.drain(new Tally());

  const rates: (number | null)[] = [];
  // A short drain tells little by itself; a long one needs no repetition.
  const rounds = plan.smoke || backlog > 100_000 ? 1 : 3;
  for (let round = 0; round < rounds; round++) {
    await load(backlog);
    const tally = new Tally();
    const ms = await fleet.drain(tally);
    try {
      tally.check(backlog);
      rates.push(perSecond(backlog, ms));
    } catch (error) {
      if (!(error instanceof InvalidRun)) throw error;
      plan.invalid(`${subject.name}, ${titleOf({ backlog, processes: count, mixed })}: ${error.message}`);
      rates.push(null);
    }
  }
  await fleet.stop();
  await session.close();
  return rates;
}
