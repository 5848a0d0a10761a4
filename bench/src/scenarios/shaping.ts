import type { JobInput, LaneSettings, Queue } from "@anyqueue/api";
import { payloadOf } from "../jobs.ts";
import type { Case, Readings, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import { queueSession } from "../subjects/queue-session.ts";
import { Tally } from "../tally.ts";
import { insertMany, onQueue } from "./on-queue.ts";
import { Pace, warmUpOf } from "./pace.ts";

const SMALL = 1000;
const KEYS = 1000;

/** Something that shapes the work, in whose presence jobs are added and drained. */
interface Shape {
  /** What the jobs are; of those that wait, where they do. */
  readonly title: string;
  /** The jobs that are drained. */
  readonly job?: (n: number) => Partial<JobInput>;
  /** Jobs that stay where they are meanwhile. */
  readonly waiting?: (n: number) => Partial<JobInput>;
  readonly lane?: LaneSettings;
}

const shapes: readonly Shape[] = [
  { title: "plain jobs" },
  { title: "behind a busy key", waiting: () => ({ orderingKey: "busy" }) },
  { title: "blocked by another", waiting: () => ({ dependsOn: ["bench:held"] }) },
  { title: "in a lane with capacity", lane: { capacity: 1_000_000 } },
  { title: "in a lane with concurrency and rate", lane: { concurrency: 10_000, rate: { limit: 1e6, periodMs: 1 } } },
  { title: `with ${KEYS.toLocaleString("en")} ordering keys`, job: (n) => ({ orderingKey: `key ${n % KEYS}` }) },
  { title: "with a unique key each", job: (n) => ({ unique: { key: `${n}`, until: "finished" } }) },
  { title: "with a dependency each", job: () => ({ dependsOn: ["bench:done"] }) },
];

/** What unique keys, ordering keys, limits and dependencies cost those who use them, and those who do not. */
export const shaping: Scenario = {
  name: "shaping",
  about: "jobs per second in bulk and by one worker; the ratio is to plain jobs that have the lane to themselves",
  isLong: true,
  baseline: { parameter: "jobs" },
  suits: (subject) => subject.adapter !== undefined && subject.isVariant !== true,
  cases: ({ smoke }) => {
    const sizes = smoke ? { jobs: SMALL, waiting: SMALL } : { jobs: 20_000, waiting: 100_000 };
    return shapes.map((shape): Case => ({
      parameters: {
        jobs: shape.waiting ? `beside ${sizes.waiting.toLocaleString("en")} ${shape.title}` : shape.title,
      },
      metrics: { "bulk add": "jobs/s", drain: "jobs/s" },
      batching: { "bulk add": "up to 1000 a call" },
      run: (subject) => onQueue(subject, (queue) => measure(queue, shape, sizes)),
    }));
  },
};

async function measure(
  queue: Queue,
  { job = () => ({}), waiting, lane }: Shape,
  sizes: { readonly jobs: number; readonly waiting: number },
): Promise<Readings> {
  await prepare(queue);
  if (lane) await queue.configure("bench", lane);
  if (waiting) await addAll(queue, sizes.waiting, waiting);

  const pace = new Pace(sizes.jobs);
  const warmUp = warmUpOf(sizes.jobs);
  await addAll(queue, warmUp, job);
  const startedAt = performance.now();
  await addAll(queue, sizes.jobs, job, warmUp);
  const addMs = performance.now() - startedAt;

  const tally = new Tally();
  await queueSession(queue).drain((n) => {
    pace.began();
    tally.add(n);
  });
  tally.check(pace.total);
  return { "bulk add": perSecond(sizes.jobs, addMs), drain: pace.rate() };
}

/** One job that is held, under the key that is busy, and one that is done. */
async function prepare(queue: Queue): Promise<void> {
  const job = { type: "noop", payload: null, lane: "bench" };
  await queue.insert([
    { ...job, id: "held", orderingKey: "busy" },
    { ...job, id: "done" },
  ]);
  const { jobs } = await queue.poll({ lanes: ["bench"], limit: 2, lease: { ms: 3_600_000, holder: "bench" } });
  const done = jobs.find(({ id }) => id === "bench:done");
  await queue.cas([{ id: "bench:done", expect: { token: done?.token ?? 0 }, set: { state: "completed" } }]);
}

function addAll(queue: Queue, count: number, shape: (n: number) => Partial<JobInput>, first = 0): Promise<void> {
  const jobOf = (n: number): JobInput => ({ type: "noop", payload: payloadOf(n), lane: "bench", ...shape(n) });
  return insertMany(queue, count, (n) => jobOf(first + n));
}
