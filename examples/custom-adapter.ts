// An adapter of one's own, in `custom-adapter/`: jobs in an array, every verb a plain loop. It is far too slow for real
// work, and keeps every promise that an adapter without a disk can keep. The conformance suite says so. Begin yours from it.
import { openQueue } from "anyqueue";
import { runStandalone } from "@anyqueue/conformance";
import { ArrayAdapter } from "./custom-adapter/array-adapter.ts";

// It works like any other backend.
await using queue = await openQueue(new ArrayAdapter());
queue.work({ greet: (job) => `hello ${job.payload as string}` });
const { id } = await queue.add("greet", "Ada");
console.log(await queue.result(id, { timeout: "10s" }));

// And this is how one knows that it does. Under vitest it is `runConformance(fixture, { describe, it })`.
const { counts, cases } = await runStandalone({ name: "array", open: () => new ArrayAdapter() });
for (const { outcome, promise, title, reason } of cases) {
  if (outcome === "failed") console.error(`${promise} ${title}: ${reason}`);
}
console.log(counts);
if (counts.failed > 0) process.exitCode = 1;
