import { expect, it } from "vitest";
import { others, othersNamed, ours } from "../src/subjects/index.ts";

it("finds a queue on all stores it can be measured on, with the floor that is not ours", () => {
  expect(othersNamed("bullmq").map(({ name }) => name)).toEqual(["bullmq postgres", "floor redis", "bullmq redis"]);
  expect(othersNamed("sidequest sqlite").map(({ name }) => name)).toEqual(["sidequest sqlite"]);
  expect(othersNamed("nobody's queue")).toEqual([]);
});

it("compares every queue with a floor that is as durable", () => {
  const all = [...ours, ...others];
  for (const { name, floor, durability } of all.filter((subject) => subject.floor !== undefined)) {
    expect(all.find((subject) => subject.name === floor)?.durability, name).toBe(durability);
  }
});

it("calls no two subjects the same", () => {
  const names = [...ours, ...others].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
