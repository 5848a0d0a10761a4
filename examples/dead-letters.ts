// Dead letters: jobs whose attempts are used up stay as `failed`, for somebody to look at, retry, or put elsewhere.
import { openQueue } from "anyqueue";

await using queue = await openQueue("memory:");

let isMended = false;
const worker = queue.work({
  "mail.send": (job) => {
    if (!isMended) throw new Error(`the server did not answer attempt ${job.attempt}`);
    return "sent";
  },
  "mail.scan": () => {
    throw new Error("too large");
  },
});
const once = { maxAttempts: 2, backoff: { type: "fixed", delay: 0 } } as const;
for (let n = 0; n < 5; n++) await queue.add("mail.send", { n }, { ...once, group: "newsletter" });
const { id } = await queue.add("mail.scan", {}, { ...once, lane: "scans", id: "scan-1" });
await queue.result(id).catch((error: unknown) => console.log((error as Error).message));
while ((await queue.list({ states: ["failed"] })).items.length < 6)
  await new Promise((resolve) => setImmediate(resolve));

// Look: which ones there are, and every attempt's error.
const { items } = await queue.list({ states: ["failed"], types: ["mail.send"] });
console.log(items.length, "mails have failed");
for (const { attempt, message } of await queue.attempts(items[0]?.id ?? "")) console.log(attempt, message);

// Retry: first how many it would be, then not all of them at once.
isMended = true;
console.log(await queue.retry({ group: "newsletter" }, { preview: true }), "would be tried again");
console.log(await queue.retry({ group: "newsletter" }, { rate: { limit: 10, per: "1s" } }), "are tried again");
await Promise.all(items.map((job) => queue.result(job.id, { timeout: "10s" })));

// Move: into a lane where somebody else looks at them, such as a worker with more memory.
console.log(await queue.move({ lanes: ["scans"] }, { lane: "scans-large" }));
console.log((await queue.get("scans-large:scan-1"))?.state);
await worker.stop();
