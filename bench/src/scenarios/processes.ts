import { Fleet } from "../processes/fleet.ts";
import type { Case, Readings, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import { onStore, type Session, shareOf, type Subject } from "../subject.ts";
import { Tally } from "../tally.ts";
import { addInBulk } from "./adding.ts";
import { warmUpOf } from "./pace.ts";

const BACKLOGS = [10_000, 1_000_000];
const COUNTS = [1, 2, 4];
const WARM_UP = 5000;
/** More would take many minutes with a queue that is given a share only. */
const MOST_OF_SHARE = 10_000;

/** Worker processes of their own drain a backlog that was loaded in bulk; nothing tells the database about it. */
export const processes: Scenario = {
  name: "processes",
  about: "jobs per second drained by worker processes from a fresh bulk load; the ratio is to the floor",
  isLong: true,
  suits: ({ join }) => join !== undefined,
  cases: ({ smoke, backlogs = BACKLOGS }) =>
    (smoke ? [2000] : backlogs).flatMap((backlog) =>
      (smoke ? [2] : COUNTS).map((count): Case => ({
        parameters: { backlog, processes: count },
        metrics: { drain: "jobs/s" },
        // A long drain needs no repetition.
        ...(backlog > 100_000 && { runs: 1 }),
        run: async (subject) => {
          const jobs = shareOf(subject, backlog);
          if (subject.share !== undefined && jobs > MOST_OF_SHARE) return {};
          return onStore(subject, (session) =>
            measure(subject, session, { jobs, count, warmUp: smoke ? 100 : WARM_UP }),
          );
        },
      })),
    ),
};

/** How many jobs are drained, and by how many processes. */
interface Load {
  readonly jobs: number;
  readonly count: number;
  /** Jobs before them, so that nothing is done for the first time. */
  readonly warmUp: number;
}

async function measure(subject: Subject, session: Session, { jobs, count, warmUp }: Load): Promise<Readings> {
  return Fleet.use(subject, session.address ?? "", count, async (fleet) => {
    const before = shareOf(subject, warmUp);
    await drained(session, fleet, before);
    // And while all of them are at it, some once more.
    const first = warmUpOf(Math.ceil(jobs / count)) * count;
    return { drain: perSecond(jobs, await drained(session, fleet, first + jobs, first)) };
  });
}

/** How long so many jobs take, from the last job of the warm-up on. @throws InvalidRun unless each ran once. */
async function drained(session: Session, fleet: Fleet, jobs: number, warmUp = 1): Promise<number> {
  await addInBulk(session, jobs);
  const tally = new Tally();
  const { ms } = await fleet.drain(tally, warmUp);
  tally.check(jobs);
  return ms;
}
