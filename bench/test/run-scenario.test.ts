import { expect, it } from "vitest";
import { countSteps, runScenario } from "../src/run-scenario.ts";
import type { Scenario } from "../src/scenario.ts";
import type { Subject } from "../src/subject.ts";
import { InvalidRun } from "../src/tally.ts";

const PLAN = { smoke: false, runs: 3 };

function subject(name: string): Subject {
  return { name, durability: "none", batching: "none", open: () => Promise.reject(new Error("not opened here")) };
}

function scenarioOf(run: (subject: Subject) => number): Scenario {
  return {
    name: "test",
    about: "",
    suits: () => true,
    cases: () => [{ metrics: { add: "jobs/s" }, run: async (each) => ({ add: run(each) }) }],
  };
}

/** The subjects in the order in which they were run. */
async function orderOf(scenario: Scenario, subjects: readonly Subject[], stopAfter = 100): Promise<string[]> {
  const order: string[] = [];
  await runScenario(scenario, subjects, PLAN, {
    isOver: () => order.length >= stopAfter,
    begins: (step) => void order.push(step.subject),
    ended: () => undefined,
  });
  return order;
}

const quiet = { isOver: () => false, begins: () => undefined, ended: () => undefined };
const subjects = ["a", "b", "c"].map(subject);

it("runs every subject once in every round, beginning with another one each time", async () => {
  const scenario = scenarioOf(() => 1);
  expect((await orderOf(scenario, subjects)).join("")).toBe("abcbcacab");
  expect(countSteps(scenario, subjects.length, PLAN)).toBe(9);
});

it("gathers a value for each round", async () => {
  let n = 0;
  const [first] = await runScenario(
    scenarioOf(() => ++n),
    subjects.slice(0, 1),
    PLAN,
    quiet,
  );
  expect(first).toMatchObject({ subject: "a", metric: "add", values: [1, 2, 3], invalid: [] });
});

it("marks a run that lost a job, and goes on with the others", async () => {
  const found = await runScenario(
    scenarioOf(({ name }) => {
      if (name === "b") throw new InvalidRun("1 were lost");
      if (name === "c") throw new Error("the server is gone");
      return 5;
    }),
    subjects,
    { smoke: false, runs: 1 },
    quiet,
  );
  expect(found.map(({ values, invalid }) => [values, invalid])).toEqual([
    [[5], []],
    [[], ["1 were lost"]],
    [[], ["it failed: the server is gone"]],
  ]);
});

it("stops after the step under way when it is asked to", async () => {
  expect(
    await orderOf(
      scenarioOf(() => 1),
      subjects,
      4,
    ),
  ).toHaveLength(4);
});
