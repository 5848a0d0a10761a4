import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IMPOSSIBLE, linearize, type Sequential, type Span } from "../../src/history/linearizable.ts";

/** What is done to a register: it is written, or it is read and says what it holds. */
interface Access extends Span {
  readonly write?: number;
  readonly read?: number;
}

const register: Sequential<number, Access> = {
  initial: 0,
  step: (value, { write, read }) => write ?? (read === undefined || read === value ? value : IMPOSSIBLE),
  key: String,
  isReading: ({ read }) => read !== undefined,
};

/** What is done to a queue: something is put in, or taken out. */
interface QueueAccess extends Span {
  readonly put?: string;
  readonly take?: string;
}

const queue: Sequential<string, QueueAccess> = {
  initial: "",
  step(items, { put, take = "" }) {
    if (put !== undefined) return items + put;
    return items.startsWith(take) ? items.slice(take.length) : IMPOSSIBLE;
  },
  key: (items) => items,
  isReading: () => false,
};

describe("the search for an order", () => {
  const registers: readonly [string, readonly Access[], string][] = [
    ["nothing at all", [], "explained"],
    ["a read of what was written", [write(1, 0, 1), read(1, 2, 3)], "explained"],
    [
      "a read of what was written before the last write",
      [write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)],
      "unexplained",
    ],
    ["a read of either of two writes at the same time", [write(1, 0, 5), write(2, 1, 4), read(1, 6, 7)], "explained"],
    [
      "two reads that see two writes in two orders",
      [write(1, 0, 9), write(2, 0, 9), read(1, 1, 2), read(2, 3, 4), read(1, 5, 6)],
      "unexplained",
    ],
    ["a read beside a write sees the old value", [write(1, 0, 9), read(0, 1, 2)], "explained"],
    [
      "a read that follows a read of the new value sees the old one",
      [write(1, 0, 9), read(1, 1, 2), read(0, 3, 4)],
      "unexplained",
    ],
    ["a write without an end that took effect", [write(1, 0, null), read(1, 5, 6)], "explained"],
    ["a write without an end that did not", [write(1, 0, null), read(0, 5, 6)], "explained"],
    ["a write without an end that takes effect late", [write(1, 0, null), read(0, 5, 6), read(1, 7, 8)], "explained"],
    ["a write without an end that is undone", [write(1, 0, null), read(1, 5, 6), read(0, 7, 8)], "unexplained"],
    ["a write that has its effect before it began", [read(1, 0, 1), write(1, 2, null)], "unexplained"],
    ["two that touch at one instant may be in any order", [read(1, 0, 1), write(1, 1, 2)], "explained"],
    [
      "a write that changes nothing when it begins, and something later",
      [write(1, 0, 1), write(1, 0, 20), write(2, 3, 4), read(1, 5, 6)],
      "explained",
    ],
    ["a value that nobody wrote", [write(1, 0, 9), read(7, 1, 2)], "unexplained"],
  ];
  it.for(registers)("tells of %s", ([, history, verdict]) => {
    expect(linearize(history, register)).toBe(verdict);
  });

  // The four histories of a queue in Herlihy and Wing, "Linearizability" (1990), figure 1.
  const queues: readonly [string, readonly QueueAccess[], string][] = [
    ["H1", [put("x", 0, 3), put("y", 1, 4), take("y", 5, 6), take("x", 7, 8)], "explained"],
    ["H2", [put("x", 0, 1), put("y", 2, 4), take("y", 3, 5)], "unexplained"],
    ["H3", [put("x", 0, 2), take("x", 1, 3)], "explained"],
    ["H4", [put("x", 0, 2), put("y", 1, 3), take("y", 4, 6), take("y", 5, 7)], "unexplained"],
  ];
  it.for(queues)("tells of the history %s of a queue what its authors do", ([, history, verdict]) => {
    expect(linearize(history, queue)).toBe(verdict);
  });

  it("comes to the same as trying every order", () => {
    const span = fc.record({
      begin: fc.integer({ min: 0, max: 12 }),
      length: fc.integer({ min: 0, max: 6 }),
      isOpen: fc.boolean(),
    });
    const access = fc.oneof(
      fc.record({ span, write: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ span: span.map((each) => ({ ...each, isOpen: false })), read: fc.integer({ min: 0, max: 3 }) }),
    );
    fc.assert(
      fc.property(fc.array(access, { maxLength: 6 }), (wishes) => {
        const history = wishes.map(({ span: { begin, length, isOpen }, ...what }) => ({
          ...what,
          begin,
          end: isOpen ? null : begin + length,
        }));
        expect(linearize(history, register)).toBe(isExplainedBySome(history) ? "explained" : "unexplained");
      }),
      { numRuns: 500 },
    );
  });

  it("gives up where there are too many orders, and then says that it does not know", () => {
    const history = Array.from({ length: 20 }, (_, i) => write(i + 1, 0, 99));
    expect(linearize([...history, read(77, 100, 101)], register, { states: 1000 })).toBe("unknown");
    expect(linearize([...history, read(77, 100, 101)], register, { until: performance.now() })).toBe("unknown");
  });

  it("tries one of those that are alike, and not all of them in every order", () => {
    const lost = Array.from({ length: 40 }, (_, i) => write(1 + (i % 2), i, null));
    const kind = ({ write: value }: Access) => String(value);
    const history = [...lost, read(1, 50, 51), read(2, 52, 53), read(1, 54, 55)];
    expect(linearize([...history, read(77, 100, 101)], { ...register, kind }, { states: 2000 })).toBe("unexplained");
    expect(linearize(history, { ...register, kind }, { states: 2000 })).toBe("explained");
  });
});

function isExplainedBySome(history: readonly Access[], value = 0): boolean {
  if (history.every(({ end }) => end === null)) return true;
  return history.some((first, i) => {
    const others = history.filter((_, place) => place !== i);
    if (others.some(({ end }) => end !== null && end < first.begin)) return false;
    const after = register.step(value, first);
    return after !== IMPOSSIBLE && isExplainedBySome(others, after);
  });
}

function write(value: number, begin: number, end: number | null): Access {
  return { write: value, begin, end };
}

function read(value: number, begin: number, end: number): Access {
  return { read: value, begin, end };
}

function put(item: string, begin: number, end: number): QueueAccess {
  return { put: item, begin, end };
}

function take(item: string, begin: number, end: number): QueueAccess {
  return { take: item, begin, end };
}
