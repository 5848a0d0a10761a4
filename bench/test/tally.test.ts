import { expect, it } from "vitest";
import { InvalidRun, Tally } from "../src/tally.ts";

function tallyOf(...numbers: readonly number[]): Tally {
  const tally = new Tally();
  for (const n of numbers) tally.add(n);
  return tally;
}

it("accepts a run in which every job ran once, in any order", () => {
  expect(() => tallyOf(2, 0, 1).check(3)).not.toThrow();
});

it.each([
  { what: "a lost job", ran: [0, 2], message: "1 were lost" },
  { what: "a doubled job", ran: [0, 1, 1, 2], message: "1 ran twice" },
  { what: "a lost and a doubled job, though the sum is right", ran: [0, 1, 1], message: "1 were lost, 1 ran twice" },
  { what: "a job that nobody added", ran: [0, 1, 2, 5000], message: "1 were never added" },
])("refuses a run with $what", ({ ran, message }) => {
  const tally = tallyOf(...ran);
  expect(() => tally.check(3)).toThrow(InvalidRun);
  expect(() => tally.check(3)).toThrow(message);
});

it("tells the jobs that were added from those that were there before", () => {
  expect(() => tallyOf(4, 3).check(5, 3)).not.toThrow();
  expect(() => tallyOf(4, 2).check(5, 3)).toThrow("of 2 jobs 1 were lost, 0 ran twice, 1 were never added");
});

it("finds a job that ran in two processes", () => {
  const tally = tallyOf(0, 1);
  tally.merge(tallyOf(1, 2).counts);
  expect(() => tally.check(3)).toThrow("1 ran twice");
});

it("knows that none ran twice, also when not all have run yet", () => {
  expect(() => tallyOf(5, 3).checkOnce()).not.toThrow();
  expect(() => tallyOf(5, 3, 5).checkOnce()).toThrow("1 jobs ran twice");
});
