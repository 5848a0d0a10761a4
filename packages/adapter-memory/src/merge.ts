import { SortedSet } from "./sorted-set.ts";
import type { Compare, Order } from "./sorted-set.ts";

/** One stream of a merge, standing at an item. */
interface Head<T> {
  item: T;
  readonly rest: Iterator<T>;
}

/** Walks several ordered streams as one ordered stream. No two streams may hold the same item. */
export function* merge<T>(streams: Iterable<Iterable<T>>, order: Order<NoInfer<T>>): Generator<T, void, undefined> {
  const heads = new SortedSet<Head<T>>({
    number: ({ item }) => order.number(item),
    tie: (a, b) => order.tie(a.item, b.item),
    compare: (a, b) => order.compare(a.item, b.item),
  });
  for (const stream of streams) {
    const rest = stream[Symbol.iterator]();
    const step = rest.next();
    if (step.done !== true) heads.add({ item: step.value, rest });
  }
  for (let head = heads.first(); head !== undefined; head = heads.first()) {
    yield head.item;
    heads.delete(head);
    const step = head.rest.next();
    if (step.done === true) continue;
    head.item = step.value;
    heads.add(head);
  }
}

/** The first `count` items by this order, in order, without sorting all of them. */
export function smallest<T>(items: Iterable<T>, count: number, compare: Compare<T>): T[] {
  let best: T[] = [];
  for (const item of items) {
    best.push(item);
    if (best.length >= 2 * count + 1000) best = best.toSorted(compare).slice(0, count);
  }
  return best.toSorted(compare).slice(0, count);
}
