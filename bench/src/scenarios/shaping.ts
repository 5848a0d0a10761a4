import { type JobInput, type LaneSettings, Queue } from "@anyqueue/api";
import type { Scenario } from "../scenario.ts";
import { median, perSecond } from "../statistics.ts";
import type { Subject } from "../subject.ts";
import { rateBeside, table } from "../tables.ts";

const BULK = 1000;
const KEYS = 1000;

/** Something that shapes the work, in whose presence jobs are added and drained. */
interface Shape {
  readonly title: string;
  /** The jobs that are drained. */
  readonly job?: (n: number) => Partial<JobInput>;
  /** Jobs that stay where they are meanwhile. */
  readonly waiting?: (n: number) => Partial<JobInput>;
  readonly lane?: LaneSettings;
}

const shapes: readonly Shape[] = [
  { title: "plain jobs" },
  { title: "beside jobs behind one busy key", waiting: () => ({ orderingKey: "busy" }) },
  { title: "beside jobs blocked by another", waiting: () => ({ dependsOn: ["bench:held"] }) },
  { title: "in a lane with capacity", lane: { capacity: 1_000_000 } },
  { title: "in a lane with concurrency and rate", lane: { concurrency: 10_000, rate: { limit: 1e6, periodMs: 1 } } },
  { title: `with ${KEYS.toLocaleString("en")} ordering keys`, job: (n) => ({ orderingKey: `key ${n % KEYS}` }) },
  { title: "with a unique key each", job: (n) => ({ unique: { key: `${n}`, until: "finished" } }) },
  { title: "with a dependency each", job: () => ({ dependsOn: ["bench:done"] }) },
];

interface Rates {
  readonly shape: string;
  readonly add: number;
  readonly drain: number;
}

/** What unique keys, ordering keys, limits and dependencies cost those who use them, and those who do not. */
export const shaping: Scenario = {
  name: "shaping",
  about: "jobs per second in bulk and by one worker; the ratio is to plain jobs that have the lane to themselves",
  isLong: true,
  suits: ({ name }) => ["anyqueue memory", "anyqueue sqlite FULL", "anyqueue postgres ON"].includes(name),
  run: async (subjects, { smoke, runs, note }) => {
    const data: { subject: string; rates: Rates[] }[] = [];
    for (const subject of subjects) {
      const rates: Rates[] = [];
      for (const shape of shapes) {
        note(`shaping: ${subject.name}, ${shape.title}`);
        const sizes = smoke ? { jobs: BULK, waiting: BULK } : { jobs: 20_000, waiting: 100_000 };
        const measured: Omit<Rates, "shape">[] = [];
        for (let run = 0; run < runs; run++) measured.push(await measure(subject, shape, sizes));
        rates.push({
          shape: shape.waiting ? `${shape.title}: ${sizes.waiting.toLocaleString("en")}` : shape.title,
          add: median(measured.map(({ add }) => add)),
          drain: median(measured.map(({ drain }) => drain)),
        });
      }
      data.push({ subject: subject.name, rates });
    }
    return { tables: data.map(({ subject, rates }) => ratesTable(subject, rates)), data };
  },
};

async function measure(
  subject: Subject,
  { title, job = () => ({}), waiting, lane }: Shape,
  sizes: { readonly jobs: number; readonly waiting: number },
): Promise<Omit<Rates, "shape">> {
  const session = await subject.open();
  if (subject.adapter === undefined) throw new Error(`${subject.name} opens no adapter.`);
  const adapter = await subject.adapter(session.address ?? "", 50);
  const queue = new Queue(adapter, { retention: false });
  await queue.open();
  try {
    await prepare(queue);
    if (lane) await queue.configure("bench", lane);
    if (waiting) await addAll(queue, sizes.waiting, waiting);

    const addStart = performance.now();
    await addAll(queue, sizes.jobs, job);
    const addMs = performance.now() - addStart;

    let count = 0;
    const drainStart = performance.now();
    const worker = queue.work({ noop: () => void count++ }, { lanes: ["bench"], concurrency: 100 });
    await worker.idle();
    const drainMs = performance.now() - drainStart;
    await worker.stop();
    if (count !== sizes.jobs) throw new Error(`${subject.name}, ${title}: ${count} of ${sizes.jobs} jobs ran.`);
    return { add: perSecond(sizes.jobs, addMs), drain: perSecond(count, drainMs) };
  } finally {
    await queue.close();
    await session.close();
  }
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

async function addAll(queue: Queue, count: number, shape: (n: number) => Partial<JobInput>): Promise<void> {
  for (let first = 0; first < count; first += BULK) {
    await queue.insert(
      Array.from({ length: Math.min(BULK, count - first) }, (_, i) => ({
        type: "noop",
        payload: null,
        lane: "bench",
        ...shape(first + i),
      })),
    );
  }
}

function ratesTable(subject: string, rates: readonly Rates[]): string {
  const [plain] = rates;
  return table(
    [subject, "bulk add", "drain"],
    rates.map(({ shape, add, drain }) => [shape, rateBeside(add, plain?.add), rateBeside(drain, plain?.drain)]),
  );
}
