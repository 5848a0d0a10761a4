import { isTerminal } from "@anyqueue/api";
import type { Bucket, LaneSettings } from "@anyqueue/api";
import type { Entry } from "./entry.ts";
import { Lines } from "./lines.ts";
import { byLeaseEnd } from "./orders.ts";
import type { Leased } from "./orders.ts";
import { Shelf } from "./shelf.ts";
import { SortedSet } from "./sorted-set.ts";
import { UniqueKeys } from "./unique-keys.ts";

/** A named stream of jobs. */
export class Lane {
  readonly name: string;
  settings: LaneSettings = {};
  readonly shelves = new Map<string, Shelf>();
  /** The jobs that somebody holds, or held until their lease ended; the first to end comes first (P15). */
  readonly leases = new SortedSet<Leased, Entry>(byLeaseEnd);
  readonly lines = new Lines();
  readonly uniqueKeys = new UniqueKeys();
  /** What is left of the lane's rate; undefined before the first start (P19). */
  bucket: Bucket | undefined;
  /** How many jobs have not ended. */
  unfinished = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Puts a job into the places that its state, lease, turn and due time call for. */
  place(entry: Entry, now: number): void {
    const { state, lease } = entry.job;
    const shelf = this.#shelf(state);
    shelf.all.add(entry);
    if (isTerminal(state)) {
      shelf.finished.add(entry);
      return;
    }
    this.unfinished++;
    if (lease) this.leases.add(entry);
    else if (state === "blocked") return;
    else if (this.lines.hasTurn(entry)) shelf.offer(entry, now);
    else {
      this.lines.park(entry);
      shelf.parked.add(entry);
    }
  }

  /** Takes a job out of all its places; to be done before anything changes that an order looks at. */
  displace(entry: Entry): void {
    const { state, lease } = entry.job;
    const shelf = this.#shelf(state);
    shelf.all.delete(entry);
    if (isTerminal(state)) {
      shelf.finished.delete(entry);
      return;
    }
    this.unfinished--;
    if (lease) this.leases.delete(entry);
    else if (state === "blocked") return;
    else if (this.lines.hasTurn(entry)) shelf.withdraw(entry);
    else {
      this.lines.unpark(entry);
      shelf.parked.delete(entry);
    }
  }

  /** Gives the free turns of an ordering key to the first in line (P18). True if there were any to give and to take. */
  callUp(key: string, now: number): boolean {
    const { keyConcurrency } = this.settings;
    let isOneCalled = false;
    for (;;) {
      const entry = this.lines.next(key, keyConcurrency ?? 1);
      if (entry === undefined) return isOneCalled;
      const shelf = this.#shelf(entry.job.state);
      shelf.parked.delete(entry);
      this.lines.giveTurn(entry);
      shelf.offer(entry, now);
      isOneCalled = true;
    }
  }

  #shelf(state: string): Shelf {
    let shelf = this.shelves.get(state);
    if (shelf === undefined) this.shelves.set(state, (shelf = new Shelf(state)));
    return shelf;
  }
}
