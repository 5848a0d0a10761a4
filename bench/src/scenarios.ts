import { Bench } from "tinybench";
import { median, perSecond } from "./statistics.ts";
import type { Session } from "./subject.ts";

/** How much each scenario does. */
export interface Size {
  /** Milliseconds of adding one at a time. */
  readonly addMs: number;
  readonly concurrent: number;
  readonly bulk: number;
  readonly drainSingle: number;
  readonly drain: number;
  readonly latency: number;
}

/** One measurement on one subject: jobs per second, or milliseconds where it says so. */
export interface Scenario {
  readonly name: string;
  readonly unit: "jobs/s" | "ms";
  run(session: Session, size: Size): Promise<number | undefined>;
}

const IN_FLIGHT = 50;
const BULK = 1000;

/** The scenarios in the order in which a session runs them; each leaves the store empty of due jobs. */
export const scenarios: readonly Scenario[] = [
  { name: "add", unit: "jobs/s", run: addOneByOne },
  { name: "add×50", unit: "jobs/s", run: addConcurrently },
  { name: "bulk", unit: "jobs/s", run: addInBulk },
  { name: "drain 1", unit: "jobs/s", run: (session, size) => drain(session, size.drainSingle, true) },
  { name: "drain best", unit: "jobs/s", run: (session, size) => drain(session, size.drain, false) },
  {
    name: "latency p50",
    unit: "ms",
    run: async (session, size) => session.latency && median(await session.latency(size.latency)),
  },
];

/** One awaited after the other, timed by tinybench. */
async function addOneByOne(session: Session, { addMs }: Size): Promise<number> {
  const bench = new Bench({ time: addMs, iterations: 10, warmupTime: addMs / 5, warmupIterations: 10 });
  let n = 0;
  bench.add("add", () => session.add(n++));
  const [task] = await bench.run();
  await session.drain(false);
  const { result } = task ?? {};
  if (result === undefined || !("throughput" in result)) throw new Error("The benchmark of add did not finish.");
  return 1000 / result.latency.mean;
}

/** Fifty callers, each awaiting its own adds. */
async function addConcurrently(session: Session, { concurrent }: Size): Promise<number> {
  const each = Math.ceil(concurrent / IN_FLIGHT);
  const startedAt = performance.now();
  if (session.addTogether) {
    for (let n = 0; n < each; n++) await session.addTogether(IN_FLIGHT);
  } else {
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        for (let n = 0; n < each; n++) await session.add(n);
      }),
    );
  }
  const ms = performance.now() - startedAt;
  await session.drain(false);
  return perSecond(each * IN_FLIGHT, ms);
}

async function addInBulk(session: Session, { bulk }: Size): Promise<number> {
  const startedAt = performance.now();
  for (let n = 0; n < bulk; n += BULK) await session.addMany(BULK);
  const ms = performance.now() - startedAt;
  await session.drain(false);
  return perSecond(bulk, ms);
}

async function drain(session: Session, count: number, single: boolean): Promise<number> {
  for (let n = 0; n < count; n += BULK) await session.addMany(Math.min(BULK, count - n));
  const startedAt = performance.now();
  const done = await session.drain(single);
  const ms = performance.now() - startedAt;
  // A run that lost or doubled a job is no measurement.
  if (done !== count) throw new Error(`${done} of ${count} jobs ran.`);
  return perSecond(count, ms);
}
