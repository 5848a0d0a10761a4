/** What one merged call may hold. */
interface MergeBounds {
  readonly items: number;
  readonly bytes: number;
}

/** One caller's part of a merged call. */
interface Call<Item, Outcome> {
  readonly items: readonly Item[];
  readonly bytes: number;
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (reason: unknown) => void;
}

/** How a merger reaches the store. */
export interface Route<Item, Outcome> {
  readonly bounds: MergeBounds;
  /** Sends the items of one or several callers as one call. */
  send(items: readonly Item[]): Promise<readonly Outcome[]>;
  /** Items with the same key never travel in the same call. */
  readonly keyOf?: (item: Item) => string;
  /** Whether, after a merged call failed, each caller's part may be sent again by itself. */
  readonly mayResend?: (error: unknown) => boolean;
}

/**
 * Sends calls that are in flight together as one: while a call is on its way, those that arrive are gathered and go as
 * the next. There is no timer, so an idle queue waits for nothing, and each caller still gets its own outcomes or error.
 */
export class Merger<Item, Outcome> {
  readonly #route: Route<Item, Outcome>;
  #waiting: Call<Item, Outcome>[] = [];
  #busy = false;

  constructor(route: Route<Item, Outcome>) {
    this.#route = route;
  }

  /** Resolves when the call that carried these items was answered. */
  add(items: readonly Item[], bytes: number): Promise<readonly Outcome[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, bytes, resolve, reject });
      if (!this.#busy) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    // A microtask later, so that all calls made in this turn of the event loop travel together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const calls = this.#take();
      try {
        deal(calls, await this.#route.send(itemsOf(calls)));
      } catch (error) {
        if (calls.length > 1 && this.#route.mayResend?.(error) === true) await this.#sendEach(calls);
        else for (const call of calls) call.reject(error);
      }
    }
    this.#busy = false;
  }

  /** The longest run of waiting calls that fits into one, in order, so that nobody is overtaken. */
  #take(): Call<Item, Outcome>[] {
    if (this.#waiting.length === 1) return this.#takeAll();
    const { bounds, keyOf } = this.#route;
    const keys = keyOf && new Set<string>();
    let items = 0;
    let bytes = 0;
    let count = 0;
    for (const call of this.#waiting) {
      items += call.items.length;
      bytes += call.bytes;
      if (count > 0 && (items > bounds.items || bytes > bounds.bytes)) break;
      if (keyOf && keys) {
        if (count > 0 && call.items.some((item) => keys.has(keyOf(item)))) break;
        for (const item of call.items) keys.add(keyOf(item));
      }
      count++;
    }
    return count === this.#waiting.length ? this.#takeAll() : this.#waiting.splice(0, count);
  }

  #takeAll(): Call<Item, Outcome>[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }

  async #sendEach(calls: readonly Call<Item, Outcome>[]): Promise<void> {
    for (const call of calls) {
      try {
        call.resolve(await this.#route.send(call.items));
      } catch (error) {
        call.reject(error);
      }
    }
  }
}

function itemsOf<Item, Outcome>(calls: readonly Call<Item, Outcome>[]): readonly Item[] {
  const [only] = calls;
  return calls.length === 1 && only ? only.items : calls.flatMap((call) => call.items);
}

function deal<Item, Outcome>(calls: readonly Call<Item, Outcome>[], outcomes: readonly Outcome[]): void {
  const [only] = calls;
  if (calls.length === 1 && only) return only.resolve(outcomes);
  let start = 0;
  for (const call of calls) {
    call.resolve(outcomes.slice(start, start + call.items.length));
    start += call.items.length;
  }
}
