import { Bench } from "tinybench";
import type { Case, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import { onStore, type Session, shareOf, type Subject } from "../subject.ts";
import { addInBulk, rateOfAdding } from "./adding.ts";
import { rateOfDrain } from "./draining.ts";

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
const SMOKE: Size = { addMs: 20, concurrent: 500, bulk: 2000, drainSingle: 50, drain: 2000 };

/** Jobs per second, each on a store of its own: what one leaves behind, such as dead rows, is not the other's. */
const columns: Readonly<Record<string, (session: Session, size: Size) => Promise<number>>> = {
  add: addOneByOne,
  "add×50": (session, { concurrent }) => rateOfAdding(session, concurrent, 50),
  "add×500": (session, { concurrent }) => rateOfAdding(session, concurrent, 500),
  bulk: addMany,
  "drain 1": (session, { drainSingle }) => rateOfDrain(session, drainSingle, { concurrency: 1 }),
  "drain 50": (session, { drain }) => rateOfDrain(session, drain, { concurrency: 50 }),
  "drain best": (session, { drain }) => rateOfDrain(session, drain),
};

export const throughput: Scenario = {
  name: "throughput",
  about: "jobs per second in one process; the ratio is to the floor of the same durability",
  suits: () => true,
  cases: ({ smoke }) =>
    Object.entries(columns).map(([column, measure]): Case => ({
      metrics: { [column]: "jobs/s" },
      run: (subject) =>
        onStore(subject, async (session) => ({
          [column]: await measure(session, sizeFor(subject, smoke ? SMOKE : FULL)),
        })),
    })),
};

function sizeFor(subject: Subject, { addMs, concurrent, bulk, drainSingle, drain }: Size): Size {
  const share = (count: number): number => shareOf(subject, count);
  return {
    addMs,
    concurrent: share(concurrent),
    bulk: share(bulk),
    drainSingle: share(drainSingle),
    drain: share(drain),
  };
}

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

async function addMany(session: Session, { bulk }: Size): Promise<number> {
  const startedAt = performance.now();
  await addInBulk(session, bulk);
  return perSecond(bulk, performance.now() - startedAt);
}
