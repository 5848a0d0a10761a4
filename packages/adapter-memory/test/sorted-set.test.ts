import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { merge, smallest } from "../src/merge.ts";
import { SortedSet, orderBy } from "../src/sorted-set.ts";

interface Item {
  readonly key: number;
}

/** Several keys share a number, so that ties are met. */
const byKey = orderBy<Item>(
  ({ key }) => Math.floor(key / 10),
  (a, b) => a.key - b.key,
);

/** Steps over a small range of keys, so that a key often is there already, mixed with runs that fill whole chunks. */
const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("add" as const), key: fc.nat(5000) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant("delete" as const), key: fc.nat(5000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("fill" as const), key: fc.nat(5000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("empty" as const), key: fc.nat(5000) }) },
  ),
  { maxLength: 60 },
);

/** Does the same to both; false if they disagree about what was there. */
function agree(set: SortedSet<Item>, model: Map<number, Item>, key: number, isToBeThere: boolean): boolean {
  const there = model.get(key);
  if (!isToBeThere) {
    model.delete(key);
    return set.delete(there ?? { key }) === (there !== undefined);
  }
  if (there) return true;
  const item = { key };
  model.set(key, item);
  set.add(item);
  return true;
}

describe("SortedSet", () => {
  it("holds the same items in the same order as a sorted array, whatever is added and removed", () => {
    fc.assert(
      fc.property(steps, fc.nat(5000), (commands, probe) => {
        const set = new SortedSet<Item>(byKey);
        const model = new Map<number, Item>();
        for (const { do: command, key } of commands) {
          const isToBeThere = command === "add" || command === "fill";
          const count = command === "add" || command === "delete" ? 1 : 700;
          for (let n = 0; n < count; n++) expect(agree(set, model, (key + n * 7) % 5700, isToBeThere)).toBe(true);
        }

        const sorted = [...model.values()].toSorted(byKey.compare);
        const behind = sorted.filter(({ key }) => key > probe);
        expect([...set.after()]).toEqual(sorted);
        expect(set.size).toBe(sorted.length);
        expect(set.first()).toBe(sorted[0]);
        expect([...set.after({ key: probe })]).toEqual(behind);
        expect(set.firstAfter({ key: probe })).toBe(behind[0]);
        expect(set.countAfter({ key: probe })).toBe(behind.length);
      }),
    );
  });
});

describe("merge", () => {
  it("walks ordered streams as one ordered stream", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat())), (lists) => {
        const items = lists.flat().map((number, place) => ({ number, place }));
        const order = orderBy<(typeof items)[number]>(
          ({ number }) => number,
          (a, b) => a.place - b.place,
        );
        let start = 0;
        const streams = lists.map(({ length }) => items.slice(start, (start += length)).toSorted(order.compare));

        expect([...merge<(typeof items)[number]>(streams, order)]).toEqual(items.toSorted(order.compare));
      }),
    );
  });
});

describe("smallest", () => {
  it("finds the first of many without keeping all of them", () => {
    const numbers = Array.from({ length: 5000 }, (_, i) => (i * 7919) % 5003);

    expect(smallest(numbers, 10, (a, b) => a - b)).toEqual(numbers.toSorted((a, b) => a - b).slice(0, 10));
  });
});
