import { expect, it } from "vitest";
import { addAtOnce, addInBulk, rateOfAdding } from "../src/scenarios/adding.ts";
import type { Session } from "../src/subject.ts";

/** A session that only notes what it is asked to add. */
function noting(added: number[]): Session {
  const many = (count: number, first: number): void => {
    for (let n = 0; n < count; n++) added.push(first + n);
  };
  return {
    add: async (n) => many(1, n),
    addMany: async (count, { first = 0 } = {}) => many(count, first),
    drain: async () => undefined,
    close: async () => undefined,
  };
}

it("adds each job once, whoever of the callers does", async () => {
  const added: number[] = [];
  expect(await addAtOnce(noting(added), 103, 10)).toBe(103);
  expect(added.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, n) => n));
});

it("answers how many were added when the time was up before all were", async () => {
  const added: number[] = [];
  expect(await addAtOnce(noting(added), 100, 10, { until: performance.now() - 1 })).toBe(0);
  expect(added).toEqual([]);
});

it("counts what callers together add by transaction", async () => {
  const counts: number[] = [];
  const session = { ...noting([]), addTogether: async (callers: number) => counts.push(callers) };
  expect(await addAtOnce(session, 105, 50)).toBe(105);
  expect(counts).toEqual([50, 50, 5]);
});

it("adds in bulk without a gap, in smaller calls where payloads are large", async () => {
  const [small, large]: [number[], number[]] = [[], []];
  await addInBulk(noting(small), 2500, { first: 7 });
  await addInBulk(noting(large), 90, { padding: "x".repeat(100_000) });
  expect([small.length, small[0], small.at(-1)]).toEqual([2500, 7, 2506]);
  expect(large).toEqual(Array.from({ length: 90 }, (_, n) => n));
});

/** A session that keeps what it is asked to add, but drops every so many-th job. */
function dropping(every: number): Session {
  let kept: number[] = [];
  const add = (n: number): void => void (n % every !== every - 1 && kept.push(n));
  return {
    add: async (n) => add(n),
    addMany: async (count, { first = 0 } = {}) => {
      for (let n = 0; n < count; n++) add(first + n);
    },
    drain: async (ran) => {
      for (const n of kept.splice(0)) ran(n);
    },
    close: async () => void (kept = []),
  };
}

it("is no rate if a job is not there that was acknowledged", async () => {
  expect(await rateOfAdding(dropping(Number.POSITIVE_INFINITY), { callers: 3, jobs: 20 })).toBeGreaterThan(0);
  await expect(rateOfAdding(dropping(10), { callers: 3, jobs: 20 })).rejects.toThrow("2 were lost");
});
