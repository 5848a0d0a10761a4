// Jobs for later. They wait in the store, not in this process, and need no promoter: a poll finds them once they are due.
import { openQueue } from "anyqueue";

await using queue = await openQueue("memory:");

const started = Date.now();
await queue.add("report.build", "in a moment", { delay: "200ms" });
await queue.add("report.build", "at a time", { runAt: new Date(started + 100) });
await queue.add("report.build", "next year", { delay: "365d" });
await queue.add("report.build", "now");

// A delayed job is `waiting` with a time ahead; lists and counts show it as `delayed`.
console.log((await queue.lanes())[0]?.counts);

const done: string[] = [];
const worker = queue.work({ "report.build": (job) => void done.push(job.payload as string) });
// The worker sleeps until the next job is due, or a hint that there is a new one.
while (done.length < 3) await new Promise((resolve) => worker.once("completed", resolve));
console.log(done);

// An id of your own makes adding idempotent: however often this runs, there is one such job.
const invoice = { id: "invoice-2030-01", delay: "1h" } as const;
console.log((await queue.add("invoice.send", 1, invoice)).status);
console.log((await queue.add("invoice.send", 1, invoice)).status);

// Bring it forward: change when it is due, if it still waits.
const [outcome] = await queue.cas([
  { id: "default:invoice-2030-01", expect: { state: "waiting" }, set: { delayMs: 0 } },
]);
console.log(outcome?.status, (await queue.lanes())[0]?.counts);
