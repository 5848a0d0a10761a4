// A process in which a store is opened, filled and drained; tells what memory that took.
import { addInBulk } from "../scenarios/adding.ts";
import { onStore } from "../subject.ts";
import { subjectNamed } from "../subjects/index.ts";
import { Tally } from "../tally.ts";
import type { Footprint } from "./memory-messages.ts";

const [name = "", count = ""] = process.argv.slice(2);
const jobs = Number(count);

process.on("disconnect", () => process.exit());
await onStore(subjectNamed(name), async (session) => {
  const before = used();
  await addInBulk(session, jobs);
  const bytesPerJob = (used() - before) / jobs;
  const tally = new Tally();
  await session.drain((n) => tally.add(n));
  tally.check(jobs);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.send?.({ bytesPerJob, peakBytes } satisfies Footprint);
});

/** What lives on the heap and beside it, once what is dead has been removed. */
function used(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
