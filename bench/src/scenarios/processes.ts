import { Fleet } from "../processes/fleet.ts";
import type { Case, Readings, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import { onStore, type Session, type Subject } from "../subject.ts";
import { Tally } from "../tally.ts";

/** What is drained, and by whom. */
interface Load {
  readonly backlog: number;
  readonly processes: number;
  readonly priorities: "equal" | "mixed";
}

const BULK = 1000;

/** Worker processes of their own drain a backlog that was loaded in bulk; nothing tells the database about it. */
export const processes: Scenario = {
  name: "processes",
  about: "jobs per second drained by worker processes from a fresh bulk load; the ratio is to the floor",
  isLong: true,
  suits: ({ join }) => join !== undefined,
  cases: ({ smoke, backlogs }) =>
    loadsOf(smoke, backlogs).map((load): Case => ({
      parameters: { ...load },
      metrics: { drain: "jobs/s" },
      // A long drain needs no repetition.
      ...(load.backlog > 100_000 && { runs: 1 }),
      run: (subject) => onStore(subject, (session) => measure(subject, session, load, smoke ? 100 : 5000)),
    })),
};

function loadsOf(smoke: boolean, backlogs: readonly number[] = [10_000, 1_000_000]): Load[] {
  if (smoke) return [{ backlog: 2000, processes: 2, priorities: "mixed" }];
  return backlogs.flatMap((backlog) =>
    [1, 4].flatMap((count) =>
      (["equal", "mixed"] as const).map((priorities) => ({ backlog, processes: count, priorities })),
    ),
  );
}

async function measure(subject: Subject, session: Session, load: Load, warmUp: number): Promise<Readings> {
  const fleet = await Fleet.start(subject, session.address ?? "", load.processes);
  const fill = async (jobs: number): Promise<void> => {
    const mixed = load.priorities === "mixed";
    for (let n = 0; n < jobs; n += BULK) await session.addMany(Math.min(BULK, jobs - n), { first: n, mixed });
  };
  await fill(warmUp);
  await fleet.drain(new Tally());

  await fill(load.backlog);
  const tally = new Tally();
  const ms = await fleet.drain(tally);
  await fleet.stop();
  tally.check(load.backlog);
  return { drain: perSecond(load.backlog, ms) };
}
