import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { drainByWorker } from "../src/subjects/drain-by-worker.ts";

/** A queue of so many jobs, whose worker runs one each turn and stores it as done so many turns later. */
function queueOf(jobs: number, turnsToStore: number) {
  let [began, stored, looks, looksWhileRunning] = [0, 0, 0, 0];
  let isStopped = false;
  const begin = async (ran: (n: number) => void) => {
    const working = (async () => {
      while (!isStopped && began < jobs) {
        ran(began++);
        await turn();
      }
      for (let n = 0; n < turnsToStore; n++) await turn();
      stored = began;
    })();
    return () => {
      isStopped = true;
      return working;
    };
  };
  const left = async (): Promise<number> => {
    looks++;
    if (began > 0 && began < jobs) looksWhileRunning++;
    return jobs - stored;
  };
  return { begin, left, counts: () => ({ began, stored, looks, looksWhileRunning, isStopped }) };
}

it("ends when the last job is stored as done, and stops the worker", async () => {
  const queue = queueOf(50, 20);
  const ran: number[] = [];
  await drainByWorker(queue.begin, queue.left, (n) => ran.push(n));
  expect(ran).toHaveLength(50);
  expect(queue.counts()).toMatchObject({ began: 50, stored: 50, isStopped: true });
});

it("asks how many are left only before the first job and after the last", async () => {
  const queue = queueOf(2000, 0);
  await drainByWorker(queue.begin, queue.left, () => undefined);
  expect(queue.counts()).toMatchObject({ looksWhileRunning: 0 });
});

it("ends also when something else runs the jobs", async () => {
  let left = 10;
  const stop = async () => undefined;
  const begin = async () => {
    left = 0;
    return stop;
  };
  await drainByWorker(
    begin,
    async () => left,
    () => undefined,
  );
  expect(left).toBe(0);
});
