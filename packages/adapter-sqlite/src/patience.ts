import { setTimeout as delay } from "node:timers/promises";
import { isBusy, lockedFor } from "./failures.ts";

/** How long to wait for a lock that somebody else holds, in milliseconds. */
const PATIENCE_MS = 30_000;

/** Between two attempts to get the lock: long enough to let others commit, at random so that they do not march in step. */
const PAUSE_MS = { first: 1, most: 20 } as const;

/**
 * Runs the work, again and again while somebody else holds the lock. It waits on the event loop and never blocks it; the
 * work itself has to leave nothing behind when it fails.
 */
export async function patiently<T>(path: string, work: () => T, patienceMs = PATIENCE_MS): Promise<T> {
  let waitSince: number | undefined;
  for (let pause: number = PAUSE_MS.first; ; pause = Math.min(pause * 1.5, PAUSE_MS.most)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      waitSince ??= performance.now();
      if (performance.now() - waitSince >= patienceMs) throw lockedFor(patienceMs / 1000, path, error);
    }
    await delay(pause * (0.5 + Math.random()));
  }
}
