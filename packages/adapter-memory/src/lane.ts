import { isCustom, isTerminal } from "@anyqueue/api";
import type { LaneSettings } from "@anyqueue/api";
import type { Entry } from "./entry.ts";
import { byFinish, byInsertion, byLeaseEnd, byRank, byTime, byTouch } from "./orders.ts";
import type { Finished, Inserted, Leased, Ranked, Timed, Touched } from "./orders.ts";
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
  /** Those that are over. */
  readonly finished = new SortedSet<Finished, Entry>(byFinish);

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

  /** Puts in a job that nobody holds. */
  offer(entry: Entry, now: number): void {
    if (entry.job.runAt <= now) this.#addReady(entry);
    else this.scheduled.add(entry);
  }

  /** Takes out a job that nobody holds. */
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
    return this.scheduled.countAfter(justAfter(now)) + this.due.countAfter(justAfter(now));
  }

  /** When the job that has been due longest came due, or undefined if none is due. */
  oldestDueAt(now: number): number | undefined {
    const oldest = earliest(this.due.first()?.job.runAt, this.scheduled.first()?.job.runAt);
    return oldest !== undefined && oldest <= now ? oldest : undefined;
  }

  /** When the next job comes due that is not due yet. */
  nextDueAt(now: number): number | undefined {
    const place = justAfter(now);
    return earliest(this.due.firstAfter(place)?.job.runAt, this.scheduled.firstAfter(place)?.job.runAt);
  }

  #addReady(entry: Entry): void {
    entry.ready = true;
    this.ready.add(entry);
    this.due.add(entry);
    this.touched?.add(entry);
  }
}

/** A named stream of jobs. */
export class Lane {
  readonly name: string;
  settings: LaneSettings = {};
  readonly shelves = new Map<string, Shelf>();
  /** The jobs that somebody holds, or held until their lease ended; the first to end comes first (P15). */
  readonly leases = new SortedSet<Leased, Entry>(byLeaseEnd);

  constructor(name: string) {
    this.name = name;
  }

  /** Puts a job into the places that its state, lease and due time call for. */
  place(entry: Entry, now: number): void {
    const { state, lease } = entry.job;
    const shelf = this.#shelf(state);
    shelf.all.add(entry);
    if (lease) this.leases.add(entry);
    else if (isTerminal(state)) shelf.finished.add(entry);
    else shelf.offer(entry, now);
  }

  /** Takes a job out of all its places; to be done before anything changes that an order looks at. */
  displace(entry: Entry): void {
    const { state, lease } = entry.job;
    const shelf = this.#shelf(state);
    shelf.all.delete(entry);
    if (lease) this.leases.delete(entry);
    else if (isTerminal(state)) shelf.finished.delete(entry);
    else shelf.withdraw(entry);
  }

  #shelf(state: string): Shelf {
    let shelf = this.shelves.get(state);
    if (shelf === undefined) this.shelves.set(state, (shelf = new Shelf(state)));
    return shelf;
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
