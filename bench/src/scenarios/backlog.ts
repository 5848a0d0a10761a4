import type { JobOptions } from "../jobs.ts";
import type { Case, Readings, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import { onStore, type Session, shareOf, type Subject } from "../subject.ts";
import { queueSession } from "../subjects/queue-session.ts";
import { InvalidRun, Tally } from "../tally.ts";
import { addInBulk } from "./adding.ts";
import { insertMany, onQueue } from "./on-queue.ts";

const SAMPLE = 20_000;
/** Nobody waits for more to be added by a queue that has no call for many. */
const MOST_FOR_SLOW = 10_000;
const AN_HOUR_MS = 3_600_000;
/** For a job that does not come. */
const PATIENCE_MS = 60_000;

/** What waits already. */
interface Backlog {
  readonly sizes: readonly number[];
  suits(subject: Subject): boolean;
  /** Opens a store that holds so many such jobs. */
  open<T>(subject: Subject, jobs: number, task: (session: Session) => Promise<T>): Promise<T>;
  /** What the jobs are like that are then added and drained. */
  readonly sample?: JobOptions;
}

const backlogs: Readonly<Record<string, Backlog>> = {
  waiting: {
    sizes: [10_000, 100_000, 1_000_000],
    suits: () => true,
    open: (subject, jobs, task) => filled(subject, jobs, {}, task),
  },
  "of random priorities": {
    sizes: [10_000, 1_000_000],
    suits: ({ hasPriorities = true }) => hasPriorities,
    open: (subject, jobs, task) => filled(subject, jobs, { mixed: true }, task),
    sample: { mixed: true },
  },
  "scheduled ahead": {
    sizes: [10_000, 1_000_000],
    suits: ({ hasDelays = false }) => hasDelays,
    open: (subject, jobs, task) => filled(subject, jobs, { delayMs: AN_HOUR_MS }, task),
  },
  "behind one busy key": {
    sizes: [10_000, 100_000],
    suits: (subject) => subject.adapter !== undefined,
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
      (smoke ? [1000] : (sizes ?? each.sizes)).map((waiting): Case => ({
        parameters: { backlog: kind, waiting },
        metrics: { "bulk add": "jobs/s", drain: "jobs/s" },
        // Loading it takes long enough.
        ...(waiting > 100_000 && { runs: 1 }),
        run: async (subject) => {
          if (!each.suits(subject) || (subject.hasBulk === false && waiting > MOST_FOR_SLOW)) return {};
          const sample = shareOf(subject, smoke ? 500 : Math.min(SAMPLE, waiting));
          return each.open(subject, waiting, (session) => measure(session, waiting, sample, each.sample));
        },
      })),
    ),
};

async function measure(session: Session, waiting: number, sample: number, options?: JobOptions): Promise<Readings> {
  const startedAt = performance.now();
  await addInBulk(session, sample, { ...options, first: waiting });
  const ms = performance.now() - startedAt;
  return { "bulk add": perSecond(sample, ms), drain: await drainSome(session, sample) };
}

/** The rate at which so many jobs are taken, from the first to the last. */
async function drainSome(session: Session, jobs: number): Promise<number> {
  const tally = new Tally();
  let count = 0;
  let [firstAt, lastAt] = [0, 0];
  const note = (n: number): void => {
    tally.add(n);
    if (count === 0) firstAt = performance.now();
    if (++count === jobs) lastAt = performance.now();
  };
  if (session.work) {
    const drained = Promise.withResolvers<void>();
    const timer = setTimeout(() => drained.reject(new InvalidRun(`no more than ${count} of ${jobs} ran`)), PATIENCE_MS);
    const stop = await session.work((n) => {
      note(n);
      if (count === jobs) drained.resolve();
    });
    await drained.promise;
    clearTimeout(timer);
    await stop();
  } else {
    await session.drain(note);
  }
  tally.checkOnce();
  return perSecond(jobs - 1, lastAt - firstAt);
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
