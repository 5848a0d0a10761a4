import { expect, it } from "vitest";
import { chosenScenarios, chosenSubjects, planOf, refuseUnclearNames } from "../src/options.ts";
import type { Subject } from "../src/subject.ts";

const names = (all: readonly { readonly name: string }[]): string[] => all.map(({ name }) => name);

it("takes a backend with its floors, in each of its durabilities", () => {
  expect(names(chosenSubjects({ backends: ["sqlite"] }))).toEqual([
    "floor sqlite FULL",
    "anyqueue sqlite FULL",
    "floor sqlite NORMAL",
    "anyqueue sqlite NORMAL",
  ]);
  expect(chosenSubjects({ backends: ["none"] })).toEqual([]);
});

it("adds the queues of others to what is chosen of ours", () => {
  expect(names(chosenSubjects({ only: ["anyqueue memory"], with: ["pg-boss"] }))).toEqual([
    "anyqueue memory",
    "anyqueue memory SNAPSHOT",
    "pg-boss",
  ]);
});

it.each([
  { options: { backends: ["mysql"] }, says: "There is no backend mysql. There are: memory, sqlite, postgres, none." },
  { options: { with: ["bull"] }, says: "There is no other queue bull." },
  { options: { only: ["full", "FULL"] }, says: "No subject's name contains full. There are: floor" },
  {
    options: { backends: ["memory"], only: ["sqlite"] },
    says: "No subject's name contains sqlite. There are: floor memory,",
  },
])("refuses $options with the names that exist", ({ options, says }) => {
  expect(() => chosenSubjects(options)).toThrow(says);
});

it("refuses names by which figures could not be told apart, or that do more than name", () => {
  const [one, other] = chosenSubjects({ only: ["anyqueue"] });
  expect(() => refuseUnclearNames([one, other].flatMap((each) => each ?? []))).not.toThrow();
  expect(() => refuseUnclearNames([one, other, one].flatMap((each) => each ?? []))).toThrow(
    "There are 2 subjects of the name anyqueue sqlite FULL.",
  );
  const colourful = { ...(one as Subject), name: "\u001B[31mred" };
  expect(() => refuseUnclearNames([colourful])).toThrow("cannot be shown");
});

it("takes a scenario once, however often it is named", () => {
  expect(names(chosenScenarios({ scenarios: ["cost", "throughput", "cost"] }))).toEqual(["cost", "throughput"]);
});

it("leaves out what takes minutes unless it is named, and a smoke runs everything once", () => {
  const usual = names(chosenScenarios({}));
  expect(usual).toContain("throughput");
  expect(usual).not.toContain("processes");
  expect(names(chosenScenarios({ scenarios: ["processes"] }))).toEqual(["processes"]);
  expect(names(chosenScenarios({ smoke: true }))).toEqual(names(chosenScenarios({ scenarios: ["all"] })));
  expect(planOf({ smoke: true })).toEqual({ smoke: true, runs: 1, seed: 1 });
  expect(planOf({ seconds: 5 })).toEqual({ smoke: false, runs: 3, seed: 1, seconds: 5 });
});
