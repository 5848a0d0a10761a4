import type { JobInput, Queue } from "@anyqueue/api";
import { Bench } from "tinybench";
import type { Case, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import type { Subject } from "../subject.ts";
import { insertMany, onQueue } from "./on-queue.ts";

const LANE = "verbs";
const BATCH = 1000;
/** What tinybench calls beyond the iterations it times, to see that a task is asynchronous. */
const EXTRA = 10;

type Call = (n: number) => Promise<unknown>;

/** Prepares a store for so many calls of a verb, and answers the call. */
const verbs: Readonly<Record<string, (queue: Queue, calls: number) => Promise<Call>>> = {
  insert: async (queue) => (n) => queue.insert([jobOf(n)]),
  poll: async (queue, calls) => {
    await insertMany(queue, calls, jobOf);
    return () => queue.poll({ lanes: [LANE], limit: 1, lease: { ms: 3_600_000, holder: "bench" } });
  },
  cas: async (queue, calls) => {
    await insertMany(queue, calls, jobOf);
    const held = await hold(queue, calls);
    return (n) => {
      const { id = "", token = 0 } = held[n] ?? {};
      return queue.cas([{ id, expect: { token }, set: { state: "completed", result: null } }]);
    };
  },
  append: async (queue, calls) => {
    await insertMany(queue, calls, jobOf);
    return (n) => queue.append([{ id: idOf(n), event: { n } }]);
  },
  get: async (queue, calls) => {
    await insertMany(queue, calls, jobOf);
    return (n) => queue.get([idOf(n)]);
  },
};

/** The verbs of the contract, each by itself, with one job a call. */
export const verbsAlone: Scenario = {
  name: "verbs",
  about: "single calls of the contract through its guard, one at a time and fifty in flight",
  suits: (subject) => subject.adapter !== undefined,
  cases: ({ smoke }) =>
    [1, 50].flatMap((callers) =>
      Object.entries(verbs).map(([verb, prepare]): Case => ({
        parameters: { callers },
        metrics: { [verb]: "calls/s" },
        // On SQLite all that write share their commits as well.
        batching: callers === 1 ? "one at a time" : "insert and cas merged",
        run: async (subject) => ({
          [verb]: await measure(subject, prepare, callers, smoke ? 20 : callers === 1 ? 3000 : 400),
        }),
      })),
    ),
};

async function measure(
  subject: Subject,
  prepare: (queue: Queue, calls: number) => Promise<Call>,
  callers: number,
  iterations: number,
): Promise<number> {
  return onQueue(subject, async (queue) => {
    // A tenth before, untimed, so that nothing is done for the first time.
    const warmup = Math.ceil(iterations / 10);
    const call = await prepare(queue, (warmup + iterations + EXTRA) * callers);
    let n = 0;
    const all = (): Promise<unknown> => Promise.all(Array.from({ length: callers }, () => call(n++)));
    for (let each = 0; each < warmup; each++) await all();
    const bench = new Bench({ iterations, time: 0, warmup: false });
    bench.add("call", all);
    const [task] = await bench.run();
    const { result } = task ?? {};
    if (result === undefined || !("latency" in result)) throw new Error("The benchmark of a verb did not finish.");
    return perSecond(callers, result.latency.mean);
  });
}

function jobOf(n: number): JobInput {
  return { id: `${n}`, type: "noop", payload: { n }, lane: LANE };
}

function idOf(n: number): string {
  return `${LANE}:${n}`;
}

/** Takes all jobs for the holder who is going to settle them. */
async function hold(queue: Queue, jobs: number): Promise<readonly { readonly id: string; readonly token: number }[]> {
  const held: { readonly id: string; readonly token: number }[] = [];
  while (held.length < jobs) {
    const limit = Math.min(BATCH, jobs - held.length);
    const found = await queue.poll({ lanes: [LANE], limit, lease: { ms: 3_600_000, holder: "bench" } });
    if (found.jobs.length === 0) throw new Error("Jobs that were added are not found.");
    held.push(...found.jobs.map(({ id, token }) => ({ id, token })));
  }
  return held;
}
