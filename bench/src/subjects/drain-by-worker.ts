import { setTimeout as delay } from "node:timers/promises";
import { stopped } from "../patience.ts";
import type { Ran } from "../subject.ts";
import { InvalidRun } from "../tally.ts";

/** So much longer a drain may seem to have taken, where a worker does not tell that it has nothing to do. */
const LOOK_MS = 2;
/** In looks: after so many without a new job something else may have run the others, and at last nothing will. */
const SILENCE = 50;
const PATIENCE = 15_000;

/**
 * Lets workers of a queue work until nothing is `left`, waiting or under way. While they have jobs to run they are not
 * disturbed by that question, which some answer by counting a table.
 */
export async function drainByWorker(
  begin: (ran: Ran) => Promise<() => Promise<unknown>>,
  left: () => Promise<number>,
  ran: Ran,
): Promise<void> {
  const jobs = await left();
  let count = 0;
  const stop = await begin((n) => {
    count++;
    ran(n);
  });
  try {
    let seen = 0;
    let silence = 0;
    for (;;) {
      await delay(LOOK_MS);
      silence = count === seen ? silence + 1 : 0;
      seen = count;
      if (count < jobs && (silence === 0 || silence % SILENCE > 0)) continue;
      if ((await left()) === 0) return;
      if (silence >= PATIENCE) throw new InvalidRun(`after ${count} jobs it ran no other`);
    }
  } finally {
    await stopped(stop);
  }
}
