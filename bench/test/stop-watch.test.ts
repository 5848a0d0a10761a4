import { expect, it } from "vitest";
import type { Moments } from "../src/processes/messages.ts";
import { StopWatch } from "../src/scenarios/stop-watch.ts";
import { InvalidRun } from "../src/tally.ts";

const none: Moments = { jobs: [], at: [] };

function watchOf(...dueAt: readonly number[]): StopWatch {
  const watch = new StopWatch(dueAt.length);
  watch.dueAt.set(dueAt);
  return watch;
}

it("counts from the moment at which a job was due, in whatever order they began", () => {
  const watch = watchOf(0, 10, 20);
  watch.note({ jobs: [2, 0], at: [21, 5] }, none);
  expect(watch.begun).toBe(2);
  watch.note({ jobs: [1], at: [40] }, none);
  expect(watch.begun).toBe(3);
  expect(watch.readings(0)).toEqual({ "to start": [5, 30, 1], "to completion": undefined });
});

it("tells of completions where the queue does", () => {
  const watch = watchOf(0, 10);
  watch.note({ jobs: [0, 1], at: [1, 12] }, { jobs: [0, 1], at: [3, 15] });
  expect(watch.readings(0)).toEqual({ "to start": [1, 2], "to completion": [3, 5] });
});

it("leaves out the first jobs", () => {
  const watch = watchOf(0, 10);
  watch.note({ jobs: [0, 1], at: [500, 12] }, none);
  expect(watch.readings(0.5)).toMatchObject({ "to start": [2] });
});

it.each([
  { what: "lost", jobs: [0] },
  { what: "ran twice", jobs: [0, 1, 1] },
])("refuses a run in which a job $what", ({ jobs }) => {
  const watch = watchOf(0, 10);
  watch.note({ jobs, at: jobs.map(() => 20) }, none);
  expect(() => watch.readings(0)).toThrow(InvalidRun);
});

it("refuses a run in which only some completions are known", () => {
  const watch = watchOf(0, 10);
  watch.note({ jobs: [0, 1], at: [1, 12] }, { jobs: [0], at: [3] });
  expect(() => watch.readings(0)).toThrow(InvalidRun);
});
