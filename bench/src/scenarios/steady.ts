import { setTimeout as delay } from "node:timers/promises";
import { Fleet } from "../processes/fleet.ts";
import { machineTime } from "../processes/messages.ts";
import { MomentLog } from "../processes/moment-log.ts";
import type { Case, Readings, Scenario } from "../scenario.ts";
import { onStore, type Session, type Subject } from "../subject.ts";
import { StopWatch } from "./stop-watch.ts";

const RATES = [100, 1000];
const REPORT_MS = 50;
/** Of the jobs, which find caches cold and connections not yet made. */
const WARM_UP = 0.1;
/** A timer comes late by as much through no fault of the queue; by more only if something held up the process. */
const TIMER_MS = 2;
/** For what waits still when all has been added. */
const GRACE_MS = 10_000;

/**
 * Jobs are added at a constant rate, whether or not earlier ones are done. What a job takes is counted from the moment
 * at which it was to be added: were it counted from when it could be added at last, a queue that stands still would hide
 * just the jobs that suffer ("coordinated omission"; Tene, "How NOT to Measure Latency", 2013).
 */
export const steady: Scenario = {
  name: "steady",
  about:
    "from when a job is to be added, at a constant rate, to its start in another process, and to its being stored as done",
  isLong: true,
  plot: { kind: "distribution" },
  suits: () => true,
  cases: ({ smoke, seconds = smoke ? 0.5 : 10 }) =>
    (smoke ? [100] : RATES).map((rate): Case => ({
      parameters: { rate },
      metrics: { "to start": "ms", "to completion": "ms" },
      run: (subject) => onStore(subject, (session) => measure(subject, session, rate, Math.ceil(rate * seconds))),
    })),
};

async function measure(subject: Subject, session: Session, rate: number, jobs: number): Promise<Readings> {
  if (session.work === undefined) return {};
  const watch = new StopWatch(jobs);
  const work = async (): Promise<void> => {
    await addSteadily(session, rate, watch);
    const until = machineTime() + GRACE_MS;
    while (!watch.haveAllBegun && machineTime() < until) await delay(REPORT_MS);
  };
  if (subject.join && session.address !== undefined) {
    await Fleet.use(subject, session.address, 1, async (fleet) => {
      await fleet.work(REPORT_MS, (begun, finished) => watch.note(begun, finished));
      await work();
      await fleet.stop();
    });
  } else {
    const log = new MomentLog(REPORT_MS, (begun, finished) => watch.note(begun, finished));
    const stop = await session.work(
      (n) => log.begun(n),
      (n) => log.finished(n),
    );
    await work();
    await stop();
    log.flush();
  }
  if (!watch.haveAllBegun) await session.drain((n) => watch.drained(n));
  return watch.readings(WARM_UP);
}

/** Does not wait for one job before it adds the next. */
async function addSteadily(session: Session, rate: number, watch: StopWatch): Promise<void> {
  const adding: Promise<unknown>[] = [];
  const startAt = machineTime();
  for (let n = 0; n < watch.jobs; n++) {
    const dueAt = startAt + (n * 1000) / rate;
    while (machineTime() < dueAt) await delay(Math.max(1, dueAt - machineTime()));
    const now = machineTime();
    watch.dueAt[n] = now - dueAt > TIMER_MS ? dueAt : now;
    adding.push(session.addAndWake?.(n) ?? session.add(n));
  }
  await Promise.all(adding);
}
