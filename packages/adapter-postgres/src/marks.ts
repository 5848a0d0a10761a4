import type { ClaimedJobs } from "./claimed.ts";

/** How long marks are believed, in milliseconds. */
const LIFETIME = 1000;

/** How many jobs claimed within that time leave enough behind to be worth a mark. */
const MANY_JOBS = 500;

/** How many pages of the index a claim may read, beyond what its jobs need, before it is worth a mark. */
const MANY_PAGES = 20;
const JOBS_PER_PAGE = 50;

/** Where claimed jobs were. */
type ClaimedPlaces = Pick<ClaimedJobs, "lane" | "priority" | "runAt" | "seq">;

/** A place in poll order. */
type Place = readonly [priority: number, runAt: number, seq: number];

/** What a poll knew of the marks when it was sent; what it finds is learned only if nothing has come in since. */
export interface Ticket {
  /** The marks it was given, as JSON, or null without any. */
  readonly given: string | null;
  readonly types: string;
  /** How many drops there had been. */
  readonly drops: number;
}

/**
 * Remembers below which place lanes hold nothing more, for claims that would otherwise walk over the index entries of
 * thousands of claimed jobs, which stay until the next vacuum, or for as long as somebody keeps an old snapshot open. Only
 * hints: a mark is dropped when something may have come in below it, and after a second at the latest; and there are none
 * while little is claimed.
 */
export class Marks {
  readonly #places = new Map<string, Place>();
  /** At which drop something last came into a lane. */
  readonly #droppedAt = new Map<string, number>();
  #drops = 0;
  #clearedAt = 0;
  #types = "";
  /** How many pages the last look from the beginning had to read beyond what its jobs need. */
  #cost = 0;
  #since = 0;
  #claimed = 0;
  #claimedBefore = 0;

  /** For a poll of these types. */
  ticket(types: readonly string[] | undefined): Ticket {
    this.#age();
    // What one filter has left behind may fit the next.
    const key = types === undefined ? "" : JSON.stringify(types);
    if (key !== this.#types) this.#places.clear();
    this.#types = key;
    const given = this.#places.size === 0 ? null : JSON.stringify(Object.fromEntries(this.#places));
    return { given, types: key, drops: this.#drops };
  }

  /** Learns from a poll that claimed these jobs, and read so many pages of the index. */
  learn(ticket: Ticket, found: readonly ClaimedPlaces[], pages: number): void {
    const count = found.reduce((sum, { seq }) => sum + seq.length, 0);
    const cost = pages - count / JOBS_PER_PAGE;
    if (ticket.given === null) this.#cost = cost;
    this.#claimed += count;
    if (ticket.types !== this.#types || ticket.drops < this.#clearedAt) return;
    const isWorthIt =
      this.#places.size > 0 || Math.max(this.#claimed, this.#claimedBefore) > MANY_JOBS || cost > MANY_PAGES;
    if (!isWorthIt) return;
    for (const { lane, priority, runAt, seq } of found) {
      if ((this.#droppedAt.get(lane) ?? 0) > ticket.drops) continue;
      this.#places.set(lane, [priority.at(-1) ?? 0, runAt.at(-1) ?? 0, seq.at(-1) ?? 0]);
    }
  }

  /**
   * Another process says that something came into these lanes, which is mostly behind what waits there. To look from the
   * beginning each time would take more than the claims themselves where that is a long way; there a mark has its time.
   */
  doubt(lanes: Iterable<string>): void {
    if (this.#cost <= MANY_PAGES) this.drop(lanes);
  }

  /** Something came into these lanes. */
  drop(lanes: Iterable<string>): void {
    this.#drops++;
    for (const lane of lanes) {
      this.#places.delete(lane);
      this.#droppedAt.set(lane, this.#drops);
    }
  }

  /** Something may have come into any lane. */
  clear(): void {
    this.#clearedAt = ++this.#drops;
    this.#places.clear();
    this.#droppedAt.clear();
  }

  #age(): void {
    const now = performance.now();
    if (now - this.#since < LIFETIME) return;
    this.#claimedBefore = now - this.#since < 2 * LIFETIME ? this.#claimed : 0;
    this.#claimed = 0;
    this.#since = now;
    this.#places.clear();
  }
}
