import { setTimeout as sleep } from "node:timers/promises";
import { type Context, isQueueError, type Job, type Store } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, present, same } from "../check.ts";
import { wholeLog } from "../read-log.ts";
import { SECOND } from "../time.ts";
import { failing } from "../traffic/failing.ts";
import type { Trial } from "../trial.ts";

/** What becomes of jobs when any call of those who work on them may fail. */
export const failingWorkers: readonly Case[] = [
  {
    promise: "P15",
    title: "brings every job to its one end while any call of its workers may fail, before or after it took effect",
    run: workDespite,
  },
];

const JOBS = 24;
/** Of so many calls of each verb the first is lost after it took effect, so that somebody leases and nobody hears; another before. */
const CYCLE = 6;
/** So many calls of each verb may fail. Later ones are safe, or one rescue after the other could be lost, each for 10 seconds. */
const UNSAFE = 24;
/** How long all of it may take, on a busy machine. */
const PATIENCE = 40 * SECOND;

/** By the store's clock: whoever holds a job that nobody heard of loses it when its lease ends. */
async function workDespite(t: Trial): Promise<void> {
  const unsteady = failing(t.adapter, (_verb, count) => {
    const place = count > UNSAFE ? 0 : count % CYCLE;
    return place === 1 ? "after" : place === 4 ? "before" : undefined;
  });
  const [queue, calm] = [await t.queue(unsteady), await t.store()];
  const acknowledged = new Set<string>();
  for (let n = 0; n < JOBS; n++) {
    const added = queue.add("work.do", n, { maxAttempts: 1000, backoff: { type: "fixed", delay: 10 } });
    await added.then(
      ({ id }) => acknowledged.add(id),
      (error: unknown) => holds(isQueueError(error, "UNAVAILABLE"), `An insert failed: ${String(error)}`),
    );
  }
  const runs = new Map<string, number[]>();
  const handler = async ({ id, token }: Job, { log }: Pick<Context, "log">) => {
    runs.set(id, [...(runs.get(id) ?? []), token]);
    await log(token);
    return { token };
  };
  const workers = [1, 2].map(() =>
    queue.work({ "work.do": handler }, { lease: "1s", interval: "50ms", concurrency: 3 }),
  );
  for (const worker of workers) worker.on("error", () => {});
  await untilAllEnded(calm);
  await Promise.all(workers.map((worker) => worker.stop()));
  const { items } = await calm.list({ limit: 999 });
  const numbers = items.map((job) => job.payload);
  same(new Set(numbers).size, numbers.length, "A job was stored twice, since the answer to its insert was lost.");
  for (const id of acknowledged)
    holds(
      items.some((job) => job.id === id),
      "A job was lost, whose insert was acknowledged.",
    );
  for (const job of items) await checkEnd(calm, job, runs.get(job.id) ?? []);
}

/** It ended by the hand of who held it last, and ran again only after a lease that had ended, or an attempt that failed. */
async function checkEnd(store: Store, job: Job, tokens: readonly number[]): Promise<void> {
  const failures = await wholeLog(store, { id: job.id, kinds: ["failed"] });
  const { state, attempt, token, result } = job;
  same([state, result], ["completed", { token }], "A job did not end by the hand of who held it last.");
  same(
    attempt,
    1 + failures.length,
    "A job was not charged one attempt for each lease that ended, and one for its completion.",
  );
  same(new Set(tokens).size, tokens.length, "A job ran twice under one lease.");
  holds(tokens.length <= attempt && tokens.includes(token), "A job ran more often than it was leased, or never.");
  const said = (await wholeLog(store, { id: job.id, kinds: ["user"] })).map((event) => event.data);
  const isOfRuns = said.every((each, i) => tokens.includes(Number(each)) && said.indexOf(each) === i);
  holds(isOfRuns && said.at(-1) === token, "The log does not hold once what each run said that was not refused.");
}

async function untilAllEnded(store: Store): Promise<void> {
  const end = performance.now() + PATIENCE;
  const states = ["waiting", "delayed", "active"];
  for (;;) {
    const { items } = await store.list({ states, limit: 1 });
    if (items.length === 0) return;
    const left = present(items[0], "A job is not answered.");
    holds(
      performance.now() < end,
      `After ${PATIENCE / SECOND} seconds ${left.id} is still ${left.state}: it has come to rest unended.`,
    );
    await sleep(50);
  }
}
