import type { JobOptions } from "../jobs.ts";
import { asLongAsJobsRun } from "../patience.ts";
import type { Case, Readings, Scenario } from "../scenario.ts";
import { median, perSecond } from "../statistics.ts";
import { onStore, type Session, shareOf, type Subject } from "../subject.ts";
import { queueSession } from "../subjects/queue-session.ts";
import { Tally } from "../tally.ts";
import { addInBulk } from "./adding.ts";
import { insertMany, onQueue } from "./on-queue.ts";
import { Pace, warmUpOf } from "./pace.ts";
import { whileWorking } from "./working.ts";

const SAMPLE = 20_000;
/** Nobody waits for more to be added by a queue that has no call for many. */
const MOST_FOR_SLOW = 10_000;
/** Loading more takes so long that it is done once, and what is measured beside it is repeated there. */
const MOST_FOR_ROUNDS = 100_000;
/** More is not drained just to be counted, and nothing of a queue that is given a share of the jobs. */
const MOST_TO_COUNT = 10_000;
const AN_HOUR_MS = 3_600_000;

/** What waits already. */
interface Backlog {
  readonly sizes: readonly number[];
  suits(subject: Subject): boolean;
  /** Whether these jobs are themselves drained, or only those that are added to them. */
  readonly areDue: boolean;
  /** Opens a store that holds so many such jobs. */
  open<T>(subject: Subject, jobs: number, task: (session: Session) => Promise<T>): Promise<T>;
  /** What the jobs are like that are then added and drained. */
  readonly sample?: JobOptions;
}

const backlogs: Readonly<Record<string, Backlog>> = {
  waiting: {
    sizes: [10_000, 100_000, 1_000_000],
    suits: () => true,
    areDue: true,
    open: (subject, jobs, task) => filled(subject, jobs, {}, task),
  },
  "of random priorities": {
    sizes: [10_000, 1_000_000],
    suits: ({ hasPriorities = true }) => hasPriorities,
    areDue: true,
    open: (subject, jobs, task) => filled(subject, jobs, { mixed: true }, task),
    sample: { mixed: true },
  },
  "scheduled ahead": {
    sizes: [10_000, 1_000_000],
    suits: ({ hasDelays = false }) => hasDelays,
    areDue: false,
    open: (subject, jobs, task) => filled(subject, jobs, { delayMs: AN_HOUR_MS }, task),
  },
  "behind one busy key": {
    sizes: [10_000, 100_000],
    suits: (subject) => subject.adapter !== undefined,
    areDue: false,
    open: behindBusyKey,
  },
};

/** Adds to, and drains from, stores of growing size: a queue should not notice how much is waiting. */
export const backlog: Scenario = {
  name: "backlog",
  about: "jobs per second beside a backlog, in one process; the ratio is to the smallest backlog of its kind",
  baseline: { parameter: "waiting" },
  plot: { kind: "curve", over: "waiting" },
  // What is saved or spent by another durability has nothing to do with what waits.
  suits: ({ isVariant = false }) => !isVariant,
  cases: ({ smoke, runs, backlogs: sizes }) =>
    Object.entries(backlogs).flatMap(([kind, each]) =>
      (smoke ? [1000] : (sizes ?? each.sizes)).map((waiting): Case => {
        const isLoadedOnce = waiting > MOST_FOR_ROUNDS;
        return {
          parameters: { backlog: kind, waiting },
          metrics: { "bulk add": "jobs/s", drain: "jobs/s" },
          batching: { "bulk add": "up to 1000 a call" },
          ...(isLoadedOnce && { runs: 1 }),
          run: async (subject) => {
            if (!each.suits(subject) || (subject.hasBulk === false && waiting > MOST_FOR_SLOW)) return {};
            const sample = shareOf(subject, smoke ? 500 : SAMPLE);
            const { drain, ...bulk } = await each.open(subject, waiting, (session) =>
              measure(session, each, {
                waiting,
                sample,
                times: isLoadedOnce ? runs : 1,
                isCounted: waiting <= MOST_TO_COUNT && subject.share === undefined,
              }),
            );
            return { drain, ...(subject.hasBulk !== false && bulk) };
          },
        };
      }),
    ),
};

/** How many jobs wait, and how often so many more are added and drained. */
interface Load {
  readonly waiting: number;
  readonly sample: number;
  readonly times: number;
  /** Whether all of them are drained, so that it shows if one is missing. */
  readonly isCounted: boolean;
}

/** Each time the same, whatever waits, and after a warm-up: a small backlog is what others are set in relation to. */
async function measure(
  session: Session,
  { areDue, sample: options }: Backlog,
  { waiting, sample, times, isCounted }: Load,
): Promise<Readings> {
  const adds: number[] = [];
  const drains: number[] = [];
  const tally = new Tally();
  let added = waiting;
  const add = async (count: number): Promise<number> => {
    const startedAt = performance.now();
    await addInBulk(session, count, { ...options, first: added });
    added += count;
    return perSecond(count, performance.now() - startedAt);
  };
  const isAll = areDue && (isCounted || session.work === undefined);
  // What drains all does it the first time.
  for (let time = 0; time < (isAll ? 1 : times); time++) {
    await add(warmUpOf(sample));
    adds.push(await add(sample));
    const pace = new Pace(sample);
    await drainSome(session, pace, isAll ? added : pace.total, tally);
    drains.push(pace.rate());
  }
  if (isAll) tally.check(added);
  else if (areDue) tally.checkOnce();
  else tally.check(added, waiting);
  return { "bulk add": median(adds), drain: median(drains) };
}

/** Works until so many jobs have run; of those that cannot wait for jobs, until none is left. */
async function drainSome(session: Session, pace: Pace, jobs: number, tally: Tally): Promise<void> {
  const over = Promise.withResolvers<void>();
  let count = 0;
  const ran = (n: number): void => {
    tally.add(n);
    pace.began();
    if (++count === jobs) over.resolve();
  };
  if (session.work === undefined) return void (await session.drain(ran));
  await whileWorking(session, () => asLongAsJobsRun(over.promise, () => count), ran);
}

function filled<T>(
  subject: Subject,
  jobs: number,
  options: JobOptions,
  task: (session: Session) => Promise<T>,
): Promise<T> {
  return onStore(subject, async (session) => {
    await addInBulk(session, jobs, options);
    return task(session);
  });
}

/** One job of a key is held, and many of the same key wait for it. */
function behindBusyKey<T>(subject: Subject, jobs: number, task: (session: Session) => Promise<T>): Promise<T> {
  const job = { type: "noop", payload: null, lane: "default", orderingKey: "busy" };
  return onQueue(subject, async (queue) => {
    await queue.insert([job]);
    await queue.poll({ lanes: ["default"], limit: 1, lease: { ms: AN_HOUR_MS, holder: "bench" } });
    await insertMany(queue, jobs, () => job);
    return task(queueSession(queue));
  });
}
