import { Bench } from "tinybench";
import type { Case, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import { onStore, type Session } from "../subject.ts";
import { Tally } from "../tally.ts";

/** How much each column does. */
interface Size {
  /** Milliseconds of adding one at a time. */
  readonly addMs: number;
  readonly concurrent: number;
  readonly bulk: number;
  readonly drainSingle: number;
  readonly drain: number;
}

const FULL: Size = { addMs: 1000, concurrent: 30_000, bulk: 50_000, drainSingle: 3000, drain: 50_000 };
const SMOKE: Size = { addMs: 20, concurrent: 200, bulk: 2000, drainSingle: 50, drain: 2000 };
const IN_FLIGHT = 50;
const BULK = 1000;

/** Jobs per second, each on a store of its own: what one leaves behind, such as dead rows, is not the other's. */
const columns: Readonly<Record<string, (session: Session, size: Size) => Promise<number>>> = {
  add: addOneByOne,
  "add×50": addConcurrently,
  bulk: addInBulk,
  "drain 1": (session, size) => drain(session, size.drainSingle, true),
  "drain best": (session, size) => drain(session, size.drain, false),
};

export const throughput: Scenario = {
  name: "throughput",
  about: "jobs per second in one process; the ratio is to the floor of the same durability",
  suits: () => true,
  cases: ({ smoke }) =>
    Object.entries(columns).map(([column, measure]): Case => ({
      metrics: { [column]: "jobs/s" },
      run: (subject) =>
        onStore(subject, async (session) => ({ [column]: await measure(session, smoke ? SMOKE : FULL) })),
    })),
};

/** One awaited after the other, timed by tinybench. */
async function addOneByOne(session: Session, { addMs }: Size): Promise<number> {
  const bench = new Bench({ time: addMs, iterations: 10, warmupTime: addMs / 5, warmupIterations: 10 });
  let n = 0;
  bench.add("add", () => session.add(n++));
  const [task] = await bench.run();
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
  return perSecond(each * IN_FLIGHT, performance.now() - startedAt);
}

async function addInBulk(session: Session, { bulk }: Size): Promise<number> {
  const startedAt = performance.now();
  for (let n = 0; n < bulk; n += BULK) await session.addMany(BULK);
  return perSecond(bulk, performance.now() - startedAt);
}

async function drain(session: Session, count: number, single: boolean): Promise<number> {
  for (let n = 0; n < count; n += BULK) await session.addMany(Math.min(BULK, count - n), { first: n });
  const tally = new Tally();
  const startedAt = performance.now();
  await session.drain(single, (n) => tally.add(n));
  const ms = performance.now() - startedAt;
  tally.check(count);
  return perSecond(count, ms);
}
