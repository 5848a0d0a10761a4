import { randomBytes } from "node:crypto";
import type { Case, Readings, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";
import { onStore, type Session, shareOf } from "../subject.ts";
import { Tally } from "../tally.ts";
import { addAtOnce, addInBulk } from "./adding.ts";

const SIZES = [10, 100, 1000, 10_000, 100_000];
const JOBS = 20_000;
/** All payloads together, so that a run with large ones ends. */
const BYTES = 100_000_000;
const CALLERS = 50;

/** What larger payloads cost. */
export const payload: Scenario = {
  name: "payload",
  about: "jobs per second by the size of their payloads, in one process; the ratio is to the smallest",
  isLong: true,
  baseline: { parameter: "bytes" },
  plot: { kind: "curve", over: "bytes" },
  suits: () => true,
  cases: ({ smoke }) =>
    (smoke ? [10, 10_000] : SIZES).map((bytes): Case => ({
      parameters: { bytes },
      metrics: { "add×50": "jobs/s", "drain best": "jobs/s" },
      run: async (subject) => {
        const jobs = shareOf(subject, smoke ? 200 : Math.min(JOBS, BYTES / bytes));
        return {
          ...(await onStore(subject, (session) => add(session, jobs, paddingOf(bytes)))),
          ...(await onStore(subject, (session) => drain(session, jobs, paddingOf(bytes)))),
        };
      },
    })),
};

/** A text that no compression makes smaller. */
function paddingOf(bytes: number): string {
  return randomBytes(bytes).toString("base64").slice(0, bytes);
}

async function add(session: Session, jobs: number, padding: string): Promise<Readings> {
  const startedAt = performance.now();
  await addAtOnce(session, jobs, CALLERS, padding);
  return { "add×50": perSecond(jobs, performance.now() - startedAt) };
}

async function drain(session: Session, jobs: number, padding: string): Promise<Readings> {
  await addInBulk(session, jobs, { padding });
  const tally = new Tally();
  const startedAt = performance.now();
  await session.drain(false, (n) => tally.add(n));
  const ms = performance.now() - startedAt;
  tally.check(jobs);
  return { "drain best": perSecond(jobs, ms) };
}
