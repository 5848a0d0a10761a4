import { setTimeout as delay } from "node:timers/promises";
import type { Ran } from "../subject.ts";
import { InvalidRun } from "../tally.ts";

/** So much longer a drain may seem to have taken, where a worker does not tell that it has nothing to do. */
const LOOK_MS = 2;
const PATIENCE_MS = 30_000;

/** Lets workers of a queue work until nothing is `left`, waiting or under way. */
export async function drainByWorker(
  begin: (ran: Ran) => Promise<() => Promise<unknown>>,
  left: () => Promise<number>,
  ran: Ran,
): Promise<void> {
  let count = 0;
  const stop = await begin((n) => {
    count++;
    ran(n);
  });
  try {
    let seen = -1;
    let lastAt = performance.now();
    for (;;) {
      await delay(LOOK_MS);
      if (count !== seen) lastAt = performance.now();
      else if ((await left()) === 0) return;
      else if (performance.now() - lastAt > PATIENCE_MS) throw new InvalidRun(`after ${count} jobs it ran no other`);
      seen = count;
    }
  } finally {
    // One that hangs with a job may hang here as well.
    await Promise.race([stop(), delay(PATIENCE_MS, undefined, { ref: false })]);
  }
}
