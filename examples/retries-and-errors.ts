// What becomes of a job whose handler throws, and how a handler has its say in it.
import { JobFailedError, openQueue, RetryAfterError, UnrecoverableError } from "anyqueue";

await using queue = await openQueue("memory:");

const worker = queue.work({
  // An ordinary error: the job waits for its backoff, then is tried again, `maxAttempts` times in total.
  "flaky.call": (job) => {
    if (job.attempt < 3) throw new Error(`no answer to attempt ${job.attempt}`);
    return "answered";
  },
  // The other side said when to come back: that beats any backoff.
  "limited.call": (job) => {
    if (job.attempt === 1) throw new RetryAfterError("20ms", "429 Too Many Requests");
    return "answered";
  },
  // No attempt will ever succeed, so none of them is wasted.
  "broken.call": () => {
    throw new UnrecoverableError("there is no such customer");
  },
  // Not a failure at all: what it waits for is not there yet, so the attempt is not charged.
  "patient.call": (job, ctx) => {
    if (job.insertedAt + 50 > Date.now()) return ctx.snooze("20ms");
    return `answered in attempt ${job.attempt}`;
  },
});

const backoff = { type: "fixed", delay: "10ms" } as const;
const flaky = await queue.add("flaky.call", {}, { maxAttempts: 3, backoff });
const limited = await queue.add("limited.call", {});
const broken = await queue.add("broken.call", {});
const patient = await queue.add("patient.call", {});

for (const { id } of [flaky, limited, patient]) console.log(await queue.result(id, { timeout: "10s" }));

try {
  await queue.result(broken.id, { timeout: "10s" });
} catch (error) {
  if (!(error instanceof JobFailedError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}

// The job carries its last error only; the log has that of every attempt.
for await (const { error } of queue.events({ id: flaky.id, kinds: ["failed"], follow: false })) {
  console.log(`attempt ${error?.attempt}: ${error?.message}`);
}

// An operator may give a finished job all its attempts once more, after the reason is gone.
console.log(await queue.retry(broken.id));

await worker.stop();
