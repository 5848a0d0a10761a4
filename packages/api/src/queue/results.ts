import { Alarm } from "../alarm.ts";
import type { Hint } from "../contract/adapter.ts";
import type { Job } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";
import { isTerminal, laneOf } from "../contract/names.ts";
import type { Found } from "../contract/query.ts";
import { isQueueError, QueueError } from "../errors.ts";
import { Merger } from "../store/merger.ts";
import type { Store } from "../store/store.ts";
import type { Wakeups } from "./wakeups.ts";

/** How often a result is looked for when no hint comes, in milliseconds. */
const INTERVAL = 1000;

/** How many jobs are looked at in one call. Each may come with a large payload and result. */
export const MAX_LOOKED_AT = 100;

/** What is thrown for a job that did not complete; `job` is the job as it ended, the cause its last recorded error. */
export class JobFailedError extends QueueError {
  readonly job: Job;

  constructor(job: Job) {
    const reason = job.error ? `: ${job.error.message}` : wasKeptFromRunning(job) ? BY_ANOTHER : ".";
    const message = `Job ${job.id} is ${job.state} after ${job.attempt} of ${job.maxAttempts} attempts${reason}`;
    super("JOB_FAILED", message, job.error && { cause: job.error });
    this.job = job;
  }
}

/**
 * Waits until jobs have ended, by hints and now and then by looking. Where hints tell of lanes only, one wakes all who
 * wait for a job of the lane, so those who look at the same time look together.
 */
export class Results {
  readonly #looks: Merger<string, Found>;
  readonly #wakeups: Wakeups;

  constructor(store: Pick<Store, "get">, wakeups: Wakeups) {
    this.#looks = new Merger({
      bounds: { items: MAX_LOOKED_AT, bytes: Infinity },
      send: (ids) => store.get(ids),
      // One caller's wrong id is not the others' trouble.
      mayResend: (error) => isQueueError(error, "INVALID"),
    });
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
      if (tellsOf(hint, id)) alarm.ring();
    });
    signal?.addEventListener("abort", ring);
    let wasSeen = false;
    try {
      for (;;) {
        const [job] = await this.#looks.add([id], 0);
        if (!job) throw isGone(id, wasSeen);
        wasSeen = true;
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

const BY_ANOTHER = ", by somebody or because a job that it depends on did not complete; see its `dependsOn`.";

function wasKeptFromRunning({ state, attempt, dependsOn }: Job): boolean {
  return state === "cancelled" && attempt === 0 && dependsOn !== undefined;
}

/** A job whose end nobody can tell any more. */
function isGone(id: string, wasSeen: boolean): QueueError {
  const what = wasSeen
    ? `Job ${id} has gone: it ended and is not kept, or it was removed.`
    : `There is no job ${id}. It was never added, or has ended and is not kept, or was removed.`;
  return new QueueError(
    "MISSING",
    `${what} To wait for results, let the job or its lane keep finished jobs for a while: \`keep: { completed: "10m", failed: "10m" }\`.`,
  );
}

/** Whether the job may have ended. */
function tellsOf(hint: Hint, id: string): boolean {
  if ("job" in hint) return hint.job === id;
  if ("finished" in hint) return hint.finished === laneOf(id);
  return "resync" in hint;
}
