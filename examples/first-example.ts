import { defineJobs, openQueue } from "anyqueue";
import { Type } from "typebox";

// What jobs there are. Payloads are checked when a job is added, results when its handler returns.
const jobs = defineJobs({
  "image.resize": {
    payload: Type.Object({ path: Type.String(), width: Type.Integer({ minimum: 1 }) }),
    result: Type.Object({ bytes: Type.Integer() }),
    maxAttempts: 5,
    backoff: { type: "exponential", delay: "1s", max: "10m" },
  },
});

// The one line that chooses the backend: a SQLite file here, "memory:" for tests, "postgres://…" for many machines.
const queue = await openQueue("sqlite:jobs.db", { jobs });

// Usually in a process of its own, or in several. What a handler returns is the result, what it throws a failed attempt.
queue.work({
  "image.resize": async ({ payload }) => {
    console.log(`resizing ${payload.path} to ${payload.width} px`);
    return { bytes: payload.width * 100 };
  },
});

// When `add` returns, the job is on the disk: neither a crash nor a power failure loses it.
const { id } = await queue.add("image.resize", { path: "cat.png", width: 320 });
const { bytes } = await queue.result(id, { timeout: "30s" });
console.log(`job ${id} made ${bytes} bytes`);

await queue.close(); // Stops the worker too.
