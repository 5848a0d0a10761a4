import { setTimeout as delay } from "node:timers/promises";
import { Fleet } from "../processes/fleet.ts";
import { machineTime } from "../processes/messages.ts";
import type { Scenario } from "../scenario.ts";
import { onStore, type Session, type Subject } from "../subject.ts";
import { InvalidRun } from "../tally.ts";

/** Long enough for a worker to be asleep again, or its next poll would find the job without being woken. */
const REST_MS = 5;
/** The first jobs find a connection that is still being made, and code that has never run. */
const WARM_UP = 5;
/** For a worker that is not woken and looks only now and then. */
const LONGEST_MS = 20_000;
const LOST_MS = 60_000;

/** From `add` to the start of the handler, with nothing else to do. */
export const latency: Scenario = {
  name: "latency",
  about: "from add to the start of the handler on an idle queue",
  plot: { kind: "distribution" },
  suits: () => true,
  cases: ({ smoke }) => [
    {
      metrics: { "same process": "ms" },
      run: (subject) =>
        onStore(subject, async (session) => ({ "same process": await withinProcess(session, smoke ? 3 : 200) })),
    },
    {
      metrics: { "other process": "ms" },
      run: (subject) =>
        onStore(subject, async (session) => ({
          "other process": await acrossProcesses(subject, session, smoke ? 3 : 200),
        })),
    },
  ],
};

async function withinProcess(session: Session, count: number): Promise<number[] | undefined> {
  const clock = new Clock();
  const stop = await session.work?.((n) => clock.began(n, machineTime()));
  if (stop === undefined) return undefined;
  const delays = await clock.measure(session, count);
  await stop();
  return delays;
}

async function acrossProcesses(subject: Subject, session: Session, count: number): Promise<number[] | undefined> {
  if (session.work === undefined || subject.join === undefined || session.address === undefined) return undefined;
  return Fleet.use(subject, session.address, 1, async (fleet) => {
    const clock = new Clock();
    await fleet.work(0, ({ jobs, at }) => {
      for (const [index, n] of jobs.entries()) clock.began(n, at[index] ?? Number.NaN);
    });
    return clock.measure(session, count);
  });
}

/** Adds a job, waits for its start, and so on. */
class Clock {
  #began: (n: number, at: number) => void = () => undefined;

  began(n: number, at: number): void {
    this.#began(n, at);
  }

  async measure(session: Session, count: number): Promise<number[]> {
    const delays: number[] = [];
    const until = performance.now() + LONGEST_MS;
    for (let n = 0; n < WARM_UP + count && performance.now() < until; n++) {
      await delay(REST_MS);
      const start = Promise.withResolvers<number>();
      this.#began = (number, at) => number === n && start.resolve(at);
      const timer = setTimeout(() => start.reject(new InvalidRun(`job ${n} did not begin`)), LOST_MS);
      const addedAt = machineTime();
      await (session.addAndWake?.(n) ?? session.add(n));
      const startedAt = await start.promise;
      clearTimeout(timer);
      if (n >= WARM_UP) delays.push(startedAt - addedAt);
    }
    return delays;
  }
}
