import { Fleet } from "../processes/fleet.ts";
import type { Case, Readings, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import { onStore, type Session, shareOf, type Subject } from "../subject.ts";
import { Tally } from "../tally.ts";
import { addInBulk } from "./adding.ts";

/** What is drained, and by whom. */
interface Load {
  readonly backlog: number;
  readonly processes: number;
  readonly priorities: "equal" | "mixed";
}

const WARM_UP = 5000;
/** More would take many minutes with the queues of others. */
const MOST_FOR_OTHERS = 10_000;

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
      run: async (subject) => {
        if (!suits(subject, load)) return {};
        return onStore(subject, (session) => measure(subject, session, load, smoke ? 100 : WARM_UP));
      },
    })),
};

function loadsOf(smoke: boolean, backlogs: readonly number[] = [10_000, 1_000_000]): Load[] {
  if (smoke) return [{ backlog: 2000, processes: 2, priorities: "equal" }];
  return backlogs.flatMap((backlog) =>
    [1, 2, 4].flatMap((count) =>
      (["equal", "mixed"] as const).map((priorities) => ({ backlog, processes: count, priorities })),
    ),
  );
}

function suits({ hasPriorities = true, share }: Subject, { backlog, priorities }: Load): boolean {
  return (hasPriorities || priorities === "equal") && (share === undefined || backlog <= MOST_FOR_OTHERS);
}

async function measure(subject: Subject, session: Session, load: Load, warmUp: number): Promise<Readings> {
  const options = { mixed: load.priorities === "mixed" };
  const jobs = shareOf(subject, load.backlog);
  return Fleet.use(subject, session.address ?? "", load.processes, async (fleet) => {
    await addInBulk(session, shareOf(subject, warmUp), options);
    await fleet.drain(new Tally());

    await addInBulk(session, jobs, options);
    const tally = new Tally();
    const { ms } = await fleet.drain(tally);
    tally.check(jobs);
    return { drain: perSecond(jobs, ms) };
  });
}
