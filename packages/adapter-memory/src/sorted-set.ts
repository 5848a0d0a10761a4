/** How many items a chunk holds before it is split. */
const CHUNK = 256;

/** Orders two items, or an item and a place; 0 only for the same item. */
export type Compare<K> = (a: K, b: K) => number;

/** An order by a number first, and among equal numbers by something else. */
export interface Order<K> {
  readonly number: (item: K) => number;
  readonly tie: Compare<K>;
  readonly compare: Compare<K>;
}

/** An order by a number, and among equal numbers by what tells any two items apart. */
export function orderBy<K>(number: (item: K) => number, tie: Compare<K> = () => 0): Order<K> {
  return { number, tie, compare: (a, b) => number(a) - number(b) || tie(a, b) };
}

/**
 * A set that is always in order. It finds, adds and removes anywhere with O(log n) comparisons, and walks on from any
 * place. The items lie in a list of short sorted arrays (after Grant Jenks' `sortedcontainers`): that costs some ten bytes
 * an item, adding at the end moves nothing, and elsewhere at most one chunk moves.
 *
 * `K` is the part of an item that the order looks at, so that a place can be named without having an item there. While an
 * item is in the set, that part must not change.
 */
export class SortedSet<K, T extends K = K> {
  readonly #order: Order<K>;
  readonly #chunks: T[][] = [];
  /** The number of each chunk's last item, side by side: most of a search reads these and no item. */
  readonly #ends: number[] = [];
  #size = 0;

  constructor(order: Order<K>) {
    this.#order = order;
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
    const number = this.#order.number(item);
    const last = this.#chunks.length - 1;
    if (last < 0 || this.#isBehind(item, number, last)) {
      this.#append(item, number);
      return;
    }
    const at = this.#chunkOf(item, number);
    const chunk = this.#chunks[at] as T[];
    chunk.splice(this.#placeIn(chunk, item), 0, item);
    if (chunk.length > CHUNK) this.#replace(at, 1, chunk.slice(0, CHUNK / 2), chunk.slice(CHUNK / 2));
  }

  /** Removes an item; false if it was not there. */
  delete(item: T): boolean {
    const [first] = this.#chunks;
    // What is first mostly goes first; then nothing has to be searched for.
    if (first !== undefined && first[0] === item) {
      this.#size--;
      first.shift();
      this.#tidy(0, first, 0);
      return true;
    }
    const at = this.#chunkOf(item, this.#order.number(item));
    const chunk = this.#chunks[at];
    if (chunk === undefined) return false;
    const place = this.#placeIn(chunk, item);
    if (chunk[place] !== item) return false;
    this.#size--;
    if (place === 0) chunk.shift();
    else chunk.splice(place, 1);
    this.#tidy(at, chunk, place);
    return true;
  }

  /** The items behind a place (all of them, if none is given), in order. The set must not change meanwhile. */
  *after(place?: K): Generator<T, void, undefined> {
    let [at, index] = place === undefined ? [0, 0] : this.#behind(place);
    for (; at < this.#chunks.length; at++, index = 0) {
      const chunk = this.#chunks[at] as T[];
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
    const [first, index] = this.#behind(place);
    let count = 0 - index;
    for (let at = first; at < this.#chunks.length; at++) count += (this.#chunks[at] as T[]).length;
    return count;
  }

  /** Things mostly come in order. Then chunks stay full, because none is ever split. */
  #append(item: T, number: number): void {
    const last = this.#chunks.at(-1);
    if (last === undefined || last.length >= CHUNK) {
      this.#chunks.push([item]);
      this.#ends.push(number);
    } else {
      last.push(item);
      this.#ends[this.#ends.length - 1] = number;
    }
  }

  #isBehind(item: K, number: number, at: number): boolean {
    const distance = number - (this.#ends[at] as number);
    return distance === 0 ? this.#order.tie(item, lastOf(this.#chunks[at] as T[])) > 0 : distance > 0;
  }

  /** The first chunk that does not end before the item. */
  #chunkOf(item: K, number: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBehind(item, number, middle)) low = middle + 1;
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
      if (this.#order.compare(chunk[middle] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The chunk and the index in it at which the items behind a place begin. */
  #behind(place: K): [at: number, index: number] {
    const at = this.#chunkOf(place, this.#order.number(place));
    const chunk = this.#chunks[at];
    if (chunk === undefined) return [at, 0];
    const index = this.#placeIn(chunk, place);
    const there = chunk[index];
    return [at, there !== undefined && this.#order.compare(there, place) === 0 ? index + 1 : index];
  }

  /** Keeps the number of chunks in proportion to the items, whatever is removed in whatever order. */
  #tidy(at: number, chunk: T[], removed: number): void {
    const next = this.#chunks[at + 1];
    if (chunk.length === 0) this.#replace(at, 1);
    else if (next !== undefined && chunk.length + next.length <= CHUNK / 2) this.#replace(at, 2, chunk.concat(next));
    else if (removed === chunk.length) this.#ends[at] = this.#order.number(lastOf(chunk));
  }

  #replace(at: number, count: number, ...chunks: T[][]): void {
    this.#chunks.splice(at, count, ...chunks);
    this.#ends.splice(at, count, ...chunks.map((chunk) => this.#order.number(lastOf(chunk))));
  }
}

function lastOf<T>(chunk: readonly T[]): T {
  return chunk[chunk.length - 1] as T;
}
