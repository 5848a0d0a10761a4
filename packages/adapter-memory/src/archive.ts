import { keptFor } from "@anyqueue/api";
import type { Entry } from "./entry.ts";
import { merge } from "./merge.ts";
import { byExpiry, byFinish, expiresAt } from "./orders.ts";
import type { Expiring, Finished } from "./orders.ts";
import { SortedSet } from "./sorted-set.ts";

/** The finished jobs of one lane in one state, with those that do not go by the lane's `keep` apart (P26). */
export class Archive {
  /** Those that are kept as long as their lane says. */
  readonly #common = new SortedSet<Finished, Entry>(byFinish);
  /** Those that say themselves how long they are kept. */
  readonly #own = new SortedSet<Finished, Entry>(byFinish);
  /** The same again, by when that time ends. */
  readonly #ownByExpiry = new SortedSet<Expiring, Entry>(byExpiry);

  get size(): number {
    return this.#common.size + this.#own.size;
  }

  add(entry: Entry): void {
    if (!hasOwnKeep(entry)) {
      this.#common.add(entry);
      return;
    }
    this.#own.add(entry);
    this.#ownByExpiry.add(entry);
  }

  delete(entry: Entry): void {
    if (!hasOwnKeep(entry)) {
      this.#common.delete(entry);
      return;
    }
    this.#own.delete(entry);
    this.#ownByExpiry.delete(entry);
  }

  /** The jobs behind a place, the first to finish first. */
  after(place?: Finished): Iterable<Entry> {
    const common = this.#common.after(place);
    return this.#own.size === 0 ? common : merge<Entry>([common, this.#own.after(place)], byFinish);
  }

  /** The jobs behind a place that go by their lane and finished by this time, the first to finish first. */
  *commonUntil(time: number, place?: Finished): Generator<Entry, void, undefined> {
    for (const entry of this.#common.after(place)) {
      if ((entry.job.finishedAt ?? 0) > time) return;
      yield entry;
    }
  }

  /** The jobs that have been kept as long as they say themselves, the first to get there first. */
  *ownExpired(now: number): Generator<Entry, void, undefined> {
    for (const entry of this.#ownByExpiry.after()) {
      if (expiresAt(entry) > now) return;
      yield entry;
    }
  }
}

function hasOwnKeep({ job }: Entry): boolean {
  return job.keep !== undefined && keptFor(job, undefined) !== undefined;
}
