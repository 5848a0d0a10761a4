import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { JobInput, Json, Queue } from "@anyqueue/api";
import type { Case, Scenario } from "../scenario.ts";
import type { Subject } from "../subject.ts";
import { scratch } from "../subjects/scratch.ts";
import { insertMany, onQueue } from "./on-queue.ts";

const TIMES = 10_000;
/** As large as a page, which is the least that a disk writes. */
const PAGE = Buffer.alloc(4096, "x");
const LANE = "jobq";
const STATE = "assigned";

type Call = (n: number) => Promise<unknown>;

/** How long each call takes, in microseconds. */
type Timing = (subject: Subject, times: number) => Promise<number[]>;

const timings: Readonly<Record<string, Timing>> = {
  insert: onJobs(async (queue) => (n) => queue.insert([jobOf(n)])),
  poll: onJobs(async (queue, times) => {
    await insertMany(queue, times, jobOf);
    return () => queue.poll({ lanes: [LANE], to: STATE, limit: 1 });
  }),
  append_event: onJobs(async (queue, times) => {
    await insertMany(queue, times, jobOf);
    return (n) => queue.append([{ id: `${LANE}:${n}`, event: paramsOf(n) }]);
  }),
  // The same beside every subject: making a text of a job, having it on disk, and being timed.
  "baseline: serialise": (_subject, times) => timed(times, async (n) => void JSON.parse(JSON.stringify(paramsOf(n)))),
  "baseline: fsync": (_subject, times) => timeFsync(times),
  "baseline: harness": (_subject, times) => timed(times, async () => undefined),
};

/** The benchmark that the Python queue jobq came with, in its own terms: a state machine, and every call by itself. */
export const jobq: Scenario = {
  name: "jobq",
  about: "insert, poll and append_event one after the other, beside what the disk, JSON and the clock take themselves",
  isLong: true,
  plot: { kind: "distribution" },
  statistics: ["mean", "p50", "deviation", "p99", "max"],
  suits: (subject) => subject.adapter !== undefined,
  cases: ({ smoke }) =>
    Object.entries(timings).map(([call, time]): Case => ({
      parameters: { call },
      metrics: { time: "µs" },
      batching: "one at a time",
      // Ten thousand times is repetition enough.
      runs: 1,
      run: async (subject) => ({ time: await time(subject, smoke ? 50 : TIMES) }),
    })),
};

/** What is timed after a store was prepared for so many calls of it, on a single connection. */
function onJobs(prepare: (queue: Queue, times: number) => Promise<Call>): Timing {
  return (subject, times) => onQueue(subject, async (queue) => timed(times, await prepare(queue, times)), 1);
}

async function timeFsync(times: number): Promise<number[]> {
  const folder = await scratch();
  const file = openSync(join(folder.path, "pages"), "w");
  try {
    return await timed(times, async () => {
      writeSync(file, PAGE);
      fsyncSync(file);
    });
  } finally {
    closeSync(file);
    await folder.remove();
  }
}

async function timed(times: number, call: Call): Promise<number[]> {
  const taken: number[] = [];
  for (let n = 0; n < times; n++) {
    const startedAt = performance.now();
    await call(n);
    taken.push((performance.now() - startedAt) * 1000);
  }
  return taken;
}

function jobOf(n: number): JobInput {
  return { id: `${n}`, lane: LANE, type: "job", payload: paramsOf(n) };
}

function paramsOf(n: number): Json {
  return { number: n, name: `job ${n}`, tags: ["a", "b"] };
}
