import { expect, it } from "vitest";
import { Heap } from "../src/subjects/heap.ts";

it("gives back what was put in, in order", () => {
  const heap = new Heap<number>((a, b) => a < b);
  const numbers = Array.from({ length: 500 }, (_, n) => (n * 7919) % 503);
  for (const n of numbers) heap.push(n);
  expect(numbers.map(() => heap.shift())).toEqual(numbers.toSorted((a, b) => a - b));
  expect(heap.shift()).toBeUndefined();
});

it("stays in order when jobs come and go", () => {
  const heap = new Heap<number>((a, b) => a < b);
  for (const n of [5, 3, 9]) heap.push(n);
  expect(heap.shift()).toBe(3);
  heap.push(1);
  heap.push(7);
  expect([1, 2, 3, 4].map(() => heap.shift())).toEqual([1, 5, 7, 9]);
});
