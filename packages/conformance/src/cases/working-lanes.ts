import { once } from "node:events";
import type { Queue } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same } from "../check.ts";
import { shared } from "../needs.ts";
import { DEADLINE } from "../time.ts";

const NUMBERS = Array.from({ length: 12 }, (_, i) => i);

/** What workers make of the limits and orders of a lane. Real time passes here, so everything waits for events. */
export const workingLanes: readonly Case[] = [
  {
    promise: "P19",
    title: "lets workers on two handles run no two jobs at once of a lane with a concurrency of one",
    needs: shared,
    async run(t) {
      const queue = await t.queue();
      const queues = [queue, await t.queue(await t.reopen())];
      await t.adapter.configure("single", { concurrency: 1 });
      await queue.addMany(NUMBERS.map((n) => ({ type: "work.do", payload: n, options: { lane: "single" } })));
      const { seen, most } = await runAll(queues, "single");
      same([seen, most], [NUMBERS, 1], "Two jobs of the lane ran at once, or one did not run once, in order.");
    },
  },
  {
    promise: "P18",
    scenarios: ["S112"],
    title: "lets two workers run the jobs of a `fifo` lane one after another in insertion order",
    async run(t) {
      const queues = [await t.queue(), await t.queue()];
      await t.adapter.configure("strict", { order: "fifo" });
      const options = (n: number) => ({ lane: "strict", priority: 12 - n });
      await queues[0]?.addMany(NUMBERS.map((n) => ({ type: "work.do", payload: n, options: options(n) })));
      const { seen, most } = await runAll(queues, "strict");
      same([seen, most], [NUMBERS, 1], "Jobs of a `fifo` lane ran at once, or out of order.");
    },
  },
];

/** Lets a worker of each queue work on a lane until as many jobs have run. Tells in which order, and how many at once. */
async function runAll(queues: readonly Queue[], lane: string): Promise<{ seen: unknown[]; most: number }> {
  const seen: unknown[] = [];
  const all = new EventTarget();
  let running = 0;
  let most = 0;
  const run = async ({ payload }: { readonly payload: unknown }): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    // Turns of the event loop, in which another handler could begin.
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
    running -= 1;
    seen.push(payload);
    if (seen.length === NUMBERS.length) all.dispatchEvent(new Event("run"));
  };
  const ended = once(all, "run", { signal: AbortSignal.timeout(2 * DEADLINE) });
  const workers = queues.map((queue) =>
    queue.work({ "work.do": run }, { lanes: [lane], concurrency: 5, interval: 50 }),
  );
  await ended.catch((error: unknown) => {
    throw new Error(`Not all jobs of the lane ran within ${2 * DEADLINE} ms: ${JSON.stringify(seen)}.`, {
      cause: error,
    });
  });
  await Promise.all(workers.map((worker) => worker.stop()));
  return { seen, most };
}
