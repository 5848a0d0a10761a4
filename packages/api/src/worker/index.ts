export { type Dependency } from "./dependencies.ts";
export { Interruption } from "./held-job.ts";
export { type Context } from "./job-context.ts";
export { Worker } from "./worker.ts";
export { type WorkerEvents } from "./worker-events.ts";
export { type WorkerOptions } from "./worker-options.ts";
