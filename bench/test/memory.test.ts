import { expect, it } from "vitest";
import { memory } from "../src/scenarios/memory.ts";
import { subjectNamed } from "../src/subjects/index.ts";

const PLAN = { smoke: true, runs: 1, seed: 1 };
const [smallest] = memory.cases(PLAN);
const subject = subjectNamed("anyqueue memory");

it("measures a subject in a process of its own, also where it survives less than it promises", async () => {
  const readings = await smallest?.run({ ...subject, durability: "none" }, PLAN);
  expect(readings?.["peak RSS"]).toBeGreaterThan(0);
});

it("does not take a fixture for the subject whose name it has", async () => {
  expect(await smallest?.run({ ...subject, open: () => Promise.reject(new Error("not opened here")) }, PLAN)).toEqual(
    {},
  );
});
