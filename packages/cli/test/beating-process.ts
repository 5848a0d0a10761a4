import { setTimeout as sleep } from "node:timers/promises";
import "../src/backends.ts";
import { createAdapter, openQueue } from "@anyqueue/api";

// A process with a worker and a schedule, on the store that is named on the command line. It tells when it is in the midst of
// a tick, and dawdles there, so that it can be killed just then.
const [url = ""] = process.argv.slice(2);
const adapter = await createAdapter(url);
const cas = adapter.cas.bind(adapter);
adapter.cas = async (changes, at) => {
  const isTick = changes.some(({ id }) => id.startsWith("$schedules:"));
  if (isTick) {
    process.send?.("ticking");
    await sleep(20 * Math.random());
  }
  const outcomes = await cas(changes, at);
  if (isTick) await sleep(20 * Math.random());
  return outcomes;
};
const queue = await openQueue(adapter);
queue.work({ beat: () => undefined });
await queue.schedule("pulse", { every: 100 }, "beat", null, { missed: "all", job: { lane: "beats" } });
process.send?.("ready");
// It ends with its parent.
process.on("disconnect", () => process.exit());
