import { setImmediate as nextTurn } from "node:timers/promises";
import { Alarm } from "../alarm.ts";
import type { Job } from "../contract/job.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import type { Store } from "../store/store.ts";
import { checkReceiveOptions, checkSignal } from "./call-options.ts";
import type { Wakeups } from "./wakeups.ts";

/** What to receive. */
export interface ReceiveOptions {
  /** Every lane when absent. */
  readonly lanes?: readonly string[];
  /** Type patterns. */
  readonly types?: readonly string[];
  /** How long to wait for a job; not at all when absent. */
  readonly wait?: Duration;
  /** How long the job stays ours without a renewal; 30 s when absent. */
  readonly lease?: Duration;
  /** How the receiver is called in the lease. */
  readonly holder?: string;
  /** Ends the wait with `null`; the job that would have come stays queued (S69). */
  readonly signal?: AbortSignal;
}

/** How often to look when no hint comes, in milliseconds. */
const INTERVAL = 1000;

/** Takes one job, waiting for it if asked to. */
export async function receiveJob(
  store: Pick<Store, "poll" | "now">,
  wakeups: Wakeups,
  options: ReceiveOptions,
): Promise<Job | null> {
  checkReceiveOptions(options, "Cannot receive");
  checkSignal(options.signal, "Cannot receive");
  const { lanes, types, signal, holder = "receiver" } = options;
  const ms = parseDuration(options.lease ?? "30s", "lease");
  const deadline = performance.now() + parseDuration(options.wait ?? 0, "wait");
  const alarm = new Alarm();
  const ring = (): void => alarm.ring();
  const ears = await wakeups.listen((hint) => {
    if ("resync" in hint || ("lane" in hint && (lanes?.includes(hint.lane) ?? true))) alarm.ring();
  });
  signal?.addEventListener("abort", ring);
  try {
    let after: string | undefined;
    for (;;) {
      if (signal?.aborted) return null;
      const found = await store.poll({
        limit: 1,
        lease: { ms, holder },
        ...(lanes && { lanes }),
        ...(types && { types }),
        ...(after !== undefined && { after }),
      });
      const [job] = found.jobs;
      if (job) return job;
      after = found.after;
      if (after !== undefined) {
        // However long the search, timers and the caller's abort have their turn.
        await nextTurn();
        continue;
      }
      const left = deadline - performance.now();
      if (left <= 0) return null;
      const due = found.nextDueAt === null ? INTERVAL : Math.max(10, found.nextDueAt - found.now);
      await alarm.sleep(Math.min(left, due, INTERVAL));
    }
  } finally {
    signal?.removeEventListener("abort", ring);
    ears();
  }
}
