import { holdsKey } from "@anyqueue/api";
import type { Entry } from "./entry.ts";

/**
 * The unique keys of a lane: who took each of them last (P17). Whether that job still holds it follows from the job itself,
 * so that nothing has to be released when it starts or ends; the next taker replaces one that does not.
 */
export class UniqueKeys {
  readonly #takers = new Map<string, Entry>();

  /** Who holds a key now. */
  holder(key: string, now: number): Entry | undefined {
    const taker = this.#takers.get(key);
    return taker && holdsKey(taker.job, now) ? taker : undefined;
  }

  /** Notes that a job took its key. */
  take(entry: Entry): void {
    const { unique } = entry.job;
    if (unique) this.#takers.set(unique.key, entry);
  }

  /** True if nobody took the key of this job after it. */
  isTaker(entry: Entry): boolean {
    const { unique } = entry.job;
    return unique !== undefined && this.#takers.get(unique.key) === entry;
  }

  /** A job that is removed holds nothing. */
  forget(entry: Entry): void {
    if (entry.job.unique && this.isTaker(entry)) this.#takers.delete(entry.job.unique.key);
  }
}
