import { isCustom } from "@anyqueue/api";
import { Archive } from "./archive.ts";
import type { Entry } from "./entry.ts";
import { byInsertion, byRank, byTime, byTouch } from "./orders.ts";
import type { Inserted, Ranked, Timed, Touched } from "./orders.ts";
import { SortedSet } from "./sorted-set.ts";

/** At most so many jobs become ready in one poll, so that a million falling due at once do not stop the process (P8). */
const PROMOTION_BOUND = 10_000;

/** The jobs of one lane in one state, in every order that is asked for. */
export class Shelf {
  /** All of them. */
  readonly all = new SortedSet<Inserted, Entry>(byInsertion);
  /** Those that are due and that nobody holds, in the order in which polls take them (P7). */
  readonly ready = new SortedSet<Ranked, Entry>(byRank);
  /** The ready ones again, by due time. */
  readonly due = new SortedSet<Timed, Entry>(byTime);
  /** The ready ones again, the least recently changed first; in custom states only. */
  readonly touched: SortedSet<Touched, Entry> | undefined;
  /** Those that were not due when last looked at. */
  readonly scheduled = new SortedSet<Timed, Entry>(byTime);
  /** Those that wait for a turn under their ordering key, due or not (P18). */
  readonly parked = new SortedSet<Timed, Entry>(byTime);
  /** Those that are over. */
  readonly finished = new Archive();

  constructor(state: string) {
    this.touched = isCustom(state) ? new SortedSet<Touched, Entry>(byTouch) : undefined;
  }

  /** Makes ready what has come due. Jobs scheduled ahead, however many, are not looked at (P8). */
  promote(now: number): void {
    for (let n = 0; n < PROMOTION_BOUND; n++) {
      const entry = this.scheduled.first();
      if (entry === undefined || entry.job.runAt > now) return;
      this.scheduled.delete(entry);
      this.#addReady(entry);
    }
  }

  /** Puts in a job that a poll may take, now or when it is due. */
  offer(entry: Entry, now: number): void {
    if (entry.job.runAt <= now) this.#addReady(entry);
    else this.scheduled.add(entry);
  }

  /** Takes out a job that a poll might have taken. */
  withdraw(entry: Entry): void {
    if (!entry.ready) {
      this.scheduled.delete(entry);
      return;
    }
    entry.ready = false;
    this.ready.delete(entry);
    this.due.delete(entry);
    this.touched?.delete(entry);
  }

  /** How many of the jobs that nobody holds are not due yet. */
  countAhead(now: number): number {
    const place = justAfter(now);
    return this.scheduled.countAfter(place) + this.due.countAfter(place) + this.parked.countAfter(place);
  }

  /** When the job that has been due longest came due, or undefined if none is due; parked ones included. */
  oldestDueAt(now: number): number | undefined {
    const oldest = earliest(this.#firstRunAt(), this.parked.first()?.job.runAt);
    return oldest !== undefined && oldest <= now ? oldest : undefined;
  }

  /** True if a job that a poll may take is due. */
  isDue(now: number): boolean {
    const first = this.#firstRunAt();
    return first !== undefined && first <= now;
  }

  /** True if a job came due that has not been made ready. */
  hasLeftDue(now: number): boolean {
    const first = this.scheduled.first();
    return first !== undefined && first.job.runAt <= now;
  }

  /** When the next job comes due that is not due yet and that a poll may take then. */
  nextDueAt(now: number): number | undefined {
    const place = justAfter(now);
    return earliest(this.due.firstAfter(place)?.job.runAt, this.scheduled.firstAfter(place)?.job.runAt);
  }

  #firstRunAt(): number | undefined {
    return earliest(this.due.first()?.job.runAt, this.scheduled.first()?.job.runAt);
  }

  #addReady(entry: Entry): void {
    entry.ready = true;
    this.ready.add(entry);
    this.due.add(entry);
    this.touched?.add(entry);
  }
}

/** The earlier of two times that may not be there. */
export function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}

/** The place behind all that is due at this time. */
function justAfter(now: number): Timed {
  return { job: { runAt: now }, seq: Infinity };
}
