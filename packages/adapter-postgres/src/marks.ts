import type { Job } from "@anyqueue/api";
import type { JobRow } from "./rows.ts";

/** How long a mark is believed, in milliseconds. */
const LIFETIME = 1000;
/** How many dead index entries a claim may meet before it is worth a mark. */
const MANY_DEAD = 2000;

/** A place in poll order. */
type Place = readonly [priority: number, runAt: number, seq: number];

/**
 * Remembers below which place the lanes hold nothing, for claims that would otherwise walk over index entries that cannot
 * be cleared away, because somebody keeps an old snapshot open. Only hints: a mark is dropped whenever something may have
 * come in below it, and after a second at the latest; and there are none at all while claims meet few dead entries.
 */
export class Marks {
  readonly #places = new Map<string, Place>();
  #since = 0;

  /** What a poll is given, or null without any. */
  toJson(): string | null {
    if (this.#places.size === 0) return null;
    if (performance.now() - this.#since > LIFETIME) this.#places.clear();
    return this.#places.size === 0 ? null : JSON.stringify(Object.fromEntries(this.#places));
  }

  /** Learns from a poll, which claimed these rows and met so many dead index entries. */
  learn(rows: readonly JobRow[], dead: number): void {
    if (dead < MANY_DEAD && this.#places.size === 0) return;
    if (this.#places.size === 0) this.#since = performance.now();
    for (const [seq, , lane, , , priority, runAt] of rows) this.#places.set(lane, [priority, runAt, seq]);
  }

  /** Something came into these lanes. */
  drop(lanes: Iterable<Job["lane"]>): void {
    if (this.#places.size === 0) return;
    for (const lane of lanes) this.#places.delete(lane);
  }

  clear(): void {
    this.#places.clear();
  }
}
