import { setTimeout as delay } from "node:timers/promises";
import { Chance } from "../chance.ts";
import { Fleet } from "../processes/fleet.ts";
import { machineTime } from "../processes/messages.ts";
import type { Scenario } from "../scenario.ts";
import { onStore, type Session, type Subject } from "../subject.ts";
import { Tally } from "../tally.ts";
import { inTime } from "./in-time.ts";
import { whileWorking } from "./working.ts";

/**
 * Jobs a run: the fewest of which the 95th percentile is not the largest, for each of them waits through a rest. More
 * than that percentile they cannot tell.
 */
const COUNT = 20;
/** The first jobs find a connection that is still being made, and code that has never run. */
const WARM_UP = 3;
/**
 * Between the start of a job and the next one: at least until whoever looks often while there is something to do sleeps
 * again, as our watcher of a SQLite file does after some 60 ms; and from there twice as long as the longest interval of
 * those who look again and again and are not woken (50 ms, plainjob), so that each moment of it is met as often.
 */
const REST_MS = { least: 100, most: 200 };
/** For a worker that is not woken and looks only now and then. */
const LONGEST_MS = 20_000;
const LOST_MS = 60_000;

/** From `add` to the start of the handler, with nothing else to do. */
export const latency: Scenario = {
  name: "latency",
  about: `from add to the start of the handler on an idle queue: ${COUNT} jobs a run, each after a random rest of ${REST_MS.least} to ${REST_MS.most} ms`,
  plot: { kind: "distribution" },
  statistics: ["p50", "p95", "max"],
  suits: () => true,
  cases: ({ smoke, seed }) => {
    const rests = restsOf(smoke ? 2 : COUNT, new Chance(seed));
    return [
      {
        metrics: { "same process": "ms" },
        batching: "one at a time",
        run: (subject) =>
          onStore(subject, async (session) => ({ "same process": await withinProcess(session, rests) })),
      },
      {
        metrics: { "other process": "ms" },
        batching: "one at a time",
        run: (subject) =>
          onStore(subject, async (session) => ({ "other process": await acrossProcesses(subject, session, rests) })),
      },
    ];
  },
};

/** So many rests, one from each of so many equal parts of what they may be, in any order. */
export function restsOf(count: number, chance: Chance): number[] {
  const { least, most } = REST_MS;
  const rests = Array.from({ length: count }, (_, part) => least + ((most - least) * (part + chance.next())) / count);
  return chance.shuffled(rests);
}

async function withinProcess(session: Session, rests: readonly number[]): Promise<number[] | undefined> {
  const clock = new Clock();
  return whileWorking(
    session,
    () => clock.measure(session, rests),
    (n) => clock.began(n, machineTime()),
  );
}

async function acrossProcesses(
  subject: Subject,
  session: Session,
  rests: readonly number[],
): Promise<number[] | undefined> {
  if (session.work === undefined || subject.join === undefined || session.address === undefined) return undefined;
  return Fleet.use(subject, session.address, 1, async (fleet) => {
    const clock = new Clock();
    await fleet.work(0, ({ jobs, at }) => {
      for (const [index, n] of jobs.entries()) clock.began(n, at[index] ?? Number.NaN);
    });
    return clock.measure(session, rests);
  });
}

/** Adds a job, waits for its start, rests, and so on. */
class Clock {
  readonly #tally = new Tally();
  #began: (n: number, at: number) => void = () => undefined;

  began(n: number, at: number): void {
    this.#tally.add(n);
    this.#began(n, at);
  }

  async measure(session: Session, rests: readonly number[]): Promise<number[]> {
    const delays: number[] = [];
    const until = performance.now() + LONGEST_MS;
    let count = 0;
    for (; count < WARM_UP; count++) await this.#time(session, count);
    for (; count < WARM_UP + rests.length && performance.now() < until; count++) {
      await delay(rests[count - WARM_UP]);
      delays.push(await this.#time(session, count));
    }
    this.#tally.check(count);
    return delays;
  }

  /** How long it took to begin. */
  async #time(session: Session, n: number): Promise<number> {
    const start = Promise.withResolvers<number>();
    this.#began = (number, at) => number === n && start.resolve(at);
    const addedAt = machineTime();
    await (session.addAndWake?.(n) ?? session.add(n));
    return (await inTime(start.promise, LOST_MS, () => `job ${n} did not begin`)) - addedAt;
  }
}
