// Results: waiting for what a job comes to, in the process that added it or in any other on the same store.
import { setTimeout as sleep } from "node:timers/promises";
import { isQueueError, JobFailedError, openQueue } from "anyqueue";

await using queue = await openQueue("memory:");

queue.work({
  "text.count": async (job) => {
    await sleep(20);
    return (job.payload as string).length;
  },
  "text.find": () => null,
  "text.check": () => false,
  "text.print": () => {
    throw new Error("out of paper");
  },
});

// A call that is made somewhere else, and its answer.
const { id } = await queue.add("text.count", "how long is this?");
console.log(await queue.result(id, { timeout: "10s" }));

// `null` and `false` are results as any other; `undefined` says that there is none.
const found = await queue.add("text.find", "x");
const checked = await queue.add("text.check", "x");
console.log(await Promise.all([found, checked].map((job) => queue.result(job.id, { timeout: "10s" }))));

// A job that failed rejects, with its recorded error.
const doomed = await queue.add("text.print", "x", { maxAttempts: 1 });
try {
  await queue.result(doomed.id, { timeout: "10s" });
} catch (error) {
  if (!(error instanceof JobFailedError)) throw error;
  console.log(error.message, error.job.error?.attempt);
}

// Giving up the wait does not touch the job.
const later = await queue.add("text.count", "later", { delay: "300ms" });
try {
  await queue.result(later.id, { timeout: "50ms" });
} catch (error) {
  if (!isQueueError(error, "TIMEOUT")) throw error;
  console.log(error.message);
}
console.log(await queue.result(later.id, { timeout: "10s" }));

// Results are there as long as finished jobs are kept. A job may say otherwise than its lane.
await queue.lane("clicks").configure({ keep: { completed: false } });
const kept = await queue.add("text.count", "kept", { lane: "clicks", keep: { completed: "1m" } });
console.log(await queue.result(kept.id, { timeout: "10s" }));
