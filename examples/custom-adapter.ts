// An adapter of one's own, in `custom-adapter/`: jobs as documents in a file of `node:sqlite`, every verb one step. It is
// the one that docs/writing-an-adapter.md writes, for reading rather than for speed, and it keeps what it claims.
import { openQueue } from "anyqueue";
import { runStandalone } from "@anyqueue/conformance";
import { fixture } from "./custom-adapter/fixture.ts";
import { NodeSqliteAdapter } from "./custom-adapter/node-sqlite-adapter.ts";

// It works like any other backend.
await using queue = await openQueue(new NodeSqliteAdapter({ path: ":memory:" }));
queue.work({ greet: (job) => `hello ${job.payload as string}` });
const { id } = await queue.add("greet", "Ada");
console.log(await queue.result(id, { timeout: "10s" }));

// And this is how one knows that it does: here for what a file and several processes add to it, to be done soon. Under
// vitest it is `runConformance(fixture, { describe, it })`.
const { counts, cases } = await runStandalone(fixture, { only: ["P1", "P6", "P13", "P25"], time: "3s" });
for (const { outcome, promise, title, reason } of cases) {
  if (outcome === "failed") console.error(`${promise} ${title}: ${reason}`);
}
console.log(counts);
if (counts.failed > 0) process.exitCode = 1;
