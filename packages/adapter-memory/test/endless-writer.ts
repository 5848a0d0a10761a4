import { memory } from "@anyqueue/adapter-memory";
import { newJob } from "./jobs.ts";

// Writes snapshots without a pause until it is killed. It says so on its output when there is a first one.
const path = process.argv[2] ?? "";
const first = memory({ snapshot: { path } });
await first.open();
await first.insert(Array.from({ length: 5000 }, (_, i) => newJob(`0-${i}`)));
await first.close();

const queue = memory({ snapshot: { path, every: 1 } });
await queue.open();
process.stdout.write("written\n");
for (let round = 1; ; round++) {
  await queue.insert(Array.from({ length: 100 }, (_, i) => newJob(`${round}-${i}`)));
  await new Promise((resolve) => setTimeout(resolve, 1));
}
