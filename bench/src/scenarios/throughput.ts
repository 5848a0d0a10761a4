import type { Case, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import { onStore, type Session, shareOf, type Subject } from "../subject.ts";
import { addInBulk, rateOfAdding } from "./adding.ts";
import { checkAllThere } from "./all-there.ts";
import { rateOfDrain } from "./draining.ts";
import { warmUpOf } from "./pace.ts";

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
  add: (session, { addMs }) => rateOfAdding(session, { callers: 1, ms: addMs }),
  "add×50": (session, { concurrent }) => rateOfAdding(session, { callers: 50, jobs: concurrent }),
  "add×500": (session, { concurrent }) => rateOfAdding(session, { callers: 500, jobs: concurrent }),
  bulk: rateOfBulk,
  "drain 1": (session, { drainSingle }) => rateOfDrain(session, drainSingle, { concurrency: 1 }),
  "drain 50": (session, { drain }) => rateOfDrain(session, drain, { concurrency: 50 }),
  "drain best": (session, { drain }) => rateOfDrain(session, drain),
};

/** Columns in which it is not for the subject to decide what travels together. */
const batching = { add: "one at a time", bulk: "up to 1000 a call", "drain 1": "one at a time" };

export const throughput: Scenario = {
  name: "throughput",
  about: "jobs per second in one process; the ratio is to the floor of the same durability",
  suits: () => true,
  cases: ({ smoke }) =>
    Object.entries(columns).map(([column, measure]): Case => ({
      metrics: { [column]: "jobs/s" },
      batching,
      run: async (subject) => {
        if (column === "bulk" && subject.hasBulk === false) return {};
        return onStore(subject, async (session) => ({
          [column]: await measure(session, sizeFor(subject, smoke ? SMOKE : FULL)),
        }));
      },
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

async function rateOfBulk(session: Session, { bulk }: Size): Promise<number> {
  const warmUp = warmUpOf(bulk);
  await addInBulk(session, warmUp);
  const startedAt = performance.now();
  await addInBulk(session, bulk, { first: warmUp });
  const ms = performance.now() - startedAt;
  await checkAllThere(session, warmUp + bulk);
  return perSecond(bulk, ms);
}
