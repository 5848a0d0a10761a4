import { once } from "node:events";
import { openQueue, type Queue } from "@anyqueue/api";

// Works on one job until its parent says that it may finish, and tells how that went. Its parent stops it meanwhile.
const [url = "", schema = ""] = process.argv.slice(2);
const queue: Queue = await openQueue({ backend: "postgres", url, schema, connections: 2 });
const worker = queue.work(
  {
    "**": async ({ id, token }, { signal }) => {
      const told = once(process, "message");
      process.send?.({ started: token });
      await told;
      const [outcome] = await queue.cas([{ id, expect: { token }, set: { state: "completed", result: "late" } }]);
      process.send?.({ outcome, isAborted: signal.aborted });
      return "late";
    },
  },
  { lease: "500ms", interval: "100ms", concurrency: 1 },
);
for (const end of ["completed", "lost"] as const) worker.on(end, () => process.send?.({ end }));
process.on("disconnect", () => process.exit());
process.send?.({ ready: true });
