import { expect, it } from "vitest";
import { others, othersNamed, ours } from "../src/subjects/index.ts";

it("finds a queue on all stores it can be measured on, with the floor that is not ours", () => {
  expect(othersNamed("bullmq").map(({ name }) => name)).toEqual(["bullmq postgres", "floor redis", "bullmq redis"]);
  expect(othersNamed("sidequest sqlite").map(({ name }) => name)).toEqual(["sidequest sqlite"]);
  expect(othersNamed("nobody's queue")).toEqual([]);
});

it("compares every queue with a floor that is as durable", () => {
  const all = [...ours, ...others];
  const durabilityOf = (name: string | undefined) => all.find((subject) => subject.name === name)?.durability;
  const compared = all.filter(({ floor }) => floor !== undefined);
  expect(compared.filter(({ floor, durability }) => durabilityOf(floor) !== durability)).toEqual([]);
});

it("calls no two subjects the same", () => {
  const names = [...ours, ...others].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
