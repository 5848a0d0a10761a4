import { setTimeout as delay } from "node:timers/promises";
import { Fleet } from "../processes/fleet.ts";
import { machineTime } from "../processes/messages.ts";
import { MomentLog } from "../processes/moment-log.ts";
import type { Case, Readings, Scenario } from "../scenario.ts";
import { onStore, type Session, type Subject } from "../subject.ts";
import { InvalidRun } from "../tally.ts";
import { StopWatch } from "./stop-watch.ts";
import { whileWorking } from "./working.ts";

const RATES = [100, 1000];
const REPORT_MS = 50;
/** Of the jobs, which find caches cold and connections not yet made. */
const WARM_UP = 0.1;
/** For what waits still when all has been added; a queue that needs longer does not keep up. */
const GRACE_MS = 10_000;

/**
 * Jobs are added at a constant rate, whether or not earlier ones are done. What a job takes is counted from the moment
 * at which it was to be added: were it counted from when it could be added at last, a queue that stands still would hide
 * just the jobs that suffer ("coordinated omission"; Tene, "How NOT to Measure Latency", 2013). That a timer comes late is
 * counted as well, for nobody can tell it from a queue that holds up the process: beside the figures stands how late the
 * same adding comes that adds nothing.
 */
export const steady: Scenario = {
  name: "steady",
  about:
    "from when a job is to be added, at a constant rate, to its start in another process, and to its being stored as done; " +
    "timers alone: how late it would come if it were not added anywhere",
  isLong: true,
  plot: { kind: "distribution" },
  suits: () => true,
  cases: ({ smoke, seconds = smoke ? 0.5 : 10 }) =>
    (smoke ? [100] : RATES).map((rate): Case => ({
      parameters: { rate },
      metrics: { "to start": "ms", "to completion": "ms", "timers alone": "ms" },
      run: (subject) => onStore(subject, (session) => measure(subject, session, rate, Math.ceil(rate * seconds))),
    })),
};

async function measure(subject: Subject, session: Session, rate: number, jobs: number): Promise<Readings> {
  if (session.work === undefined) return {};
  const watch = new StopWatch(jobs);
  const work = async (): Promise<void> => {
    await addSteadily(rate, watch.dueAt, (n) => session.addAndWake?.(n) ?? session.add(n));
    await allBegun(watch);
  };
  if (subject.join && session.address !== undefined) {
    await Fleet.use(subject, session.address, 1, async (fleet) => {
      await fleet.work(REPORT_MS, (begun, finished) => watch.note(begun, finished));
      await work();
      await fleet.stop();
    });
  } else {
    const log = new MomentLog(REPORT_MS, (begun, finished) => watch.note(begun, finished));
    await whileWorking(
      session,
      work,
      (n) => log.begun(n),
      (n) => log.finished(n),
    );
    log.flush();
  }
  return { ...watch.readings(WARM_UP), "timers alone": await timersAlone(rate, Math.ceil(jobs * WARM_UP)) };
}

async function allBegun(watch: StopWatch): Promise<void> {
  const until = machineTime() + GRACE_MS;
  while (watch.begun < watch.jobs && machineTime() < until) await delay(REPORT_MS);
  const missing = watch.jobs - watch.begun;
  if (missing > 0) {
    throw new InvalidRun(
      `${missing} of ${watch.jobs} jobs had not begun ${GRACE_MS / 1000} s after the last was added`,
    );
  }
}

/** Does not wait for one job before it adds the next. Notes when each was due, not when it could be added at last. */
async function addSteadily(rate: number, dueAt: Float64Array, add: (n: number) => Promise<unknown>): Promise<void> {
  const adding: Promise<unknown>[] = [];
  const startAt = machineTime();
  for (let n = 0; n < dueAt.length; n++) {
    const due = startAt + (n * 1000) / rate;
    for (let left = due - machineTime(); left > 0; left = due - machineTime()) await delay(Math.max(1, left));
    dueAt[n] = due;
    adding.push(add(n));
  }
  await Promise.all(adding);
}

async function timersAlone(rate: number, jobs: number): Promise<number[]> {
  const dueAt = new Float64Array(jobs);
  const addedAt: number[] = [];
  await addSteadily(rate, dueAt, async () => addedAt.push(machineTime()));
  return addedAt.map((at, n) => at - (dueAt[n] ?? Number.NaN));
}
