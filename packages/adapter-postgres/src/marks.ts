import type { JobRow } from "./rows.ts";

/** How long a mark is believed, in milliseconds. */
const LIFETIME = 1000;

/** How many jobs claimed within that time leave enough behind to be worth a mark. */
const MANY_JOBS = 500;

/** How many pages of the index a claim may read, beyond what its jobs need, before it is worth a mark. */
const MANY_PAGES = 20;
const JOBS_PER_PAGE = 50;

/** A place in poll order. */
type Place = readonly [priority: number, runAt: number, seq: number];

/**
 * Remembers below which place lanes hold nothing more, for claims that would otherwise walk over the index entries of
 * thousands of claimed jobs, which stay until the next vacuum, or for as long as somebody keeps an old snapshot open. Only
 * hints: a mark is dropped when something may have come in below it, and after a second at the latest; and there are none
 * while little is claimed.
 */
export class Marks {
  readonly #places = new Map<string, Place>();
  #types = "";
  #since = 0;
  #claimed = 0;
  #claimedBefore = 0;

  /** What a poll for these types is given, or null without any. */
  toJson(types: readonly string[] | undefined): string | null {
    this.#age();
    // What one filter has left behind may fit the next.
    const key = types === undefined ? "" : JSON.stringify(types);
    if (key !== this.#types) this.#places.clear();
    this.#types = key;
    return this.#places.size === 0 ? null : JSON.stringify(Object.fromEntries(this.#places));
  }

  /** Learns from a poll that claimed these rows, and read so many pages of the index. */
  learn(rows: readonly JobRow[], pages: number): void {
    this.#claimed += rows.length;
    const isWorthIt =
      this.#places.size > 0 ||
      Math.max(this.#claimed, this.#claimedBefore) > MANY_JOBS ||
      pages > MANY_PAGES + rows.length / JOBS_PER_PAGE;
    if (!isWorthIt) return;
    for (const [seq, , lane, , , priority, runAt] of rows) this.#places.set(lane, [priority, runAt, seq]);
  }

  /** Something came into these lanes. */
  drop(lanes: Iterable<string>): void {
    for (const lane of lanes) this.#places.delete(lane);
  }

  clear(): void {
    this.#places.clear();
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
