import { Alarm } from "../alarm.ts";
import type { Hint } from "../contract/adapter.ts";
import type { Job } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";
import { isTerminal } from "../contract/names.ts";
import { QueueError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import type { Wakeups } from "./wakeups.ts";

/** How often a result is looked for when no hint comes, in milliseconds. */
const INTERVAL = 1000;

/** What is thrown for a job that did not complete; `job` is the job as it ended. */
export class JobFailedError extends QueueError {
  readonly job: Job;

  constructor(job: Job) {
    const reason = job.error ? `: ${job.error.message}` : ".";
    super("JOB_FAILED", `Job ${job.id} is ${job.state} after ${job.attempt} of ${job.maxAttempts} attempts${reason}`);
    this.job = job;
  }
}

/** Waits until a job has ended, by hints and now and then by looking. */
export class Results {
  readonly #store: Pick<Store, "get">;
  readonly #wakeups: Wakeups;

  constructor(store: Pick<Store, "get">, wakeups: Wakeups) {
    this.#store = store;
    this.#wakeups = wakeups;
  }

  /**
   * The job's result; `undefined` when its handler returned nothing.
   *
   * @throws QueueError `JOB_FAILED` when it failed or was cancelled, `MISSING` when it is not kept, `TIMEOUT`.
   */
  async wait(id: string, timeoutMs: number | undefined, signal?: AbortSignal): Promise<Json | undefined> {
    const deadline = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs;
    const alarm = new Alarm();
    const ring = (): void => alarm.ring();
    const ears = await this.#wakeups.listen((hint: Hint) => {
      if ("resync" in hint || ("job" in hint && hint.job === id)) alarm.ring();
    });
    signal?.addEventListener("abort", ring);
    try {
      for (;;) {
        const [job] = await this.#store.get([id]);
        if (!job) throw new QueueError("MISSING", `There is no job ${id}. It was never added, or was removed already.`);
        if (job.state === "completed") return job.result;
        if (isTerminal(job.state)) throw new JobFailedError(job);
        signal?.throwIfAborted();
        const left = deadline - performance.now();
        if (left <= 0)
          throw new QueueError(
            "TIMEOUT",
            `Job ${id} is still ${job.state} after ${timeoutMs} ms of waiting for its result.`,
          );
        await alarm.sleep(Math.min(left, INTERVAL));
      }
    } finally {
      signal?.removeEventListener("abort", ring);
      ears();
    }
  }
}
