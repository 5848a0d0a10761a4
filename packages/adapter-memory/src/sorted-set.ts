/** How many items a chunk holds before it is split. */
const CHUNK = 512;

/** Orders two items, or an item and a probe; 0 only for the same item. */
export type Compare<K> = (a: K, b: K) => number;

/**
 * A set that is always in order. It finds, adds and removes anywhere with O(log n) comparisons, and walks on from any
 * place. The items lie in a list of short sorted arrays (after Grant Jenks' `sortedcontainers`): that costs some ten bytes
 * an item, adding at the end or removing from the front moves nothing, and elsewhere at most one chunk moves.
 *
 * `K` is the part of an item that the order looks at, so that a place can be named without having an item there. While an
 * item is in the set, that part must not change.
 */
export class SortedSet<K, T extends K = K> {
  readonly #compare: Compare<K>;
  readonly #chunks: T[][] = [];
  #size = 0;

  constructor(compare: Compare<K>) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  first(): T | undefined {
    return this.#chunks[0]?.[0];
  }

  /** Adds an item that is not in the set yet. */
  add(item: T): void {
    this.#size++;
    const chunks = this.#chunks;
    const last = chunks.at(-1);
    if (last === undefined || this.#isBehind(item, last)) {
      // Things mostly come in order. Then chunks stay full, because none is ever split.
      if (last === undefined || last.length >= CHUNK) chunks.push([item]);
      else last.push(item);
      return;
    }
    const at = this.#chunkOf(item);
    const chunk = chunks[at] as T[];
    chunk.splice(this.#placeIn(chunk, item), 0, item);
    if (chunk.length > CHUNK) chunks.splice(at + 1, 0, chunk.splice(CHUNK / 2));
  }

  /** Removes an item; false if it was not there. */
  delete(item: T): boolean {
    const at = this.#chunkOf(item);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return false;
    const place = this.#placeIn(chunk, item);
    if (chunk[place] !== item) return false;
    this.#size--;
    if (place === 0) chunk.shift();
    else chunk.splice(place, 1);
    this.#shrink(at, chunk);
    return true;
  }

  /** The items behind a place (all of them, if none is given), in order. The set must not change meanwhile. */
  *after(place?: K): Generator<T, void, undefined> {
    const chunks = this.#chunks;
    let at = place === undefined ? 0 : this.#chunkOf(place);
    let index = place === undefined ? 0 : this.#placeBehind(chunks[at] ?? [], place);
    for (; at < chunks.length; at++, index = 0) {
      const chunk = chunks[at] as T[];
      for (; index < chunk.length; index++) yield chunk[index] as T;
    }
  }

  /** The first item behind a place. */
  firstAfter(place: K): T | undefined {
    const { value } = this.after(place).next();
    return value ?? undefined;
  }

  /** How many items lie behind a place. */
  countAfter(place: K): number {
    const chunks = this.#chunks;
    const first = this.#chunkOf(place);
    let count = 0;
    for (let at = first; at < chunks.length; at++) count += (chunks[at] as T[]).length;
    return count - this.#placeBehind(chunks[first] ?? [], place);
  }

  #isBehind(item: K, chunk: readonly T[]): boolean {
    return this.#compare(item, chunk[chunk.length - 1] as T) > 0;
  }

  /** The first chunk that does not end before the item. */
  #chunkOf(item: K): number {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBehind(item, chunks[middle] as T[])) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** How many items of the chunk come before this one. */
  #placeIn(chunk: readonly T[], item: K): number {
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(chunk[middle] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #placeBehind(chunk: readonly T[], item: K): number {
    const place = this.#placeIn(chunk, item);
    const there = chunk[place];
    return there !== undefined && this.#compare(there, item) === 0 ? place + 1 : place;
  }

  /** Keeps the number of chunks in proportion to the items, whatever is removed in whatever order. */
  #shrink(at: number, chunk: T[]): void {
    if (chunk.length === 0) {
      this.#chunks.splice(at, 1);
      return;
    }
    const next = this.#chunks[at + 1];
    if (next === undefined || chunk.length + next.length > CHUNK / 2) return;
    this.#chunks.splice(at, 2, chunk.concat(next));
  }
}
