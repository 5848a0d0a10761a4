import { QueueError } from "@anyqueue/api";
import { expect, it, vi } from "vitest";
import { countSteps, runScenario } from "../src/run-scenario.ts";
import type { Plan, Scenario } from "../src/scenario.ts";
import type { Subject } from "../src/subject.ts";
import { InvalidRun } from "../src/tally.ts";

const PLAN = { smoke: true, runs: 3, seed: 1 };

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
async function orderOf(
  scenario: Scenario,
  subjects: readonly Subject[],
  { seed = 1, stopAfter = 100 } = {},
): Promise<string[]> {
  const order: string[] = [];
  const interruption = new AbortController();
  await runScenario(
    scenario,
    subjects,
    { ...PLAN, seed },
    {
      signal: interruption.signal,
      begins: (step) => void order.push(step.subject),
      ended: () => {
        if (order.length >= stopAfter) interruption.abort();
      },
    },
  );
  return order;
}

const quiet = { begins: () => undefined, ended: () => undefined };
const subjects = ["a", "b", "c"].map(subject);

it("runs every subject once in every round", async () => {
  const scenario = scenarioOf(() => 1);
  const order = await orderOf(scenario, subjects);
  const rounds = [0, 3, 6].map((first) =>
    order
      .slice(first, first + 3)
      .toSorted()
      .join(""),
  );
  expect(rounds).toEqual(["abc", "abc", "abc"]);
  expect(countSteps(scenario, subjects.length, PLAN)).toBe(9);
});

it("lets a subject run behind another one in each round, and does so again with the same seed", async () => {
  const many = "abcdefghij".split("").map(subject);
  const scenario = scenarioOf(() => 1);
  const order = await orderOf(scenario, many);
  const behind = (round: number): Set<string> =>
    new Set(order.slice(round * 10, round * 10 + 10).map((name, n, all) => `${all[n - 1] ?? ""}${name}`));
  expect(behind(0)).not.toEqual(behind(1));
  expect(await orderOf(scenario, many)).toEqual(order);
  expect(await orderOf(scenario, many, { seed: 2 })).not.toEqual(order);
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

it("says of a measurement what travels together: what the case allows, or else what the subject does", async () => {
  const of = async (batching?: string) => {
    const scenario = scenarioOf(() => 1);
    const cases = (plan: Plan) => scenario.cases(plan).map((each) => ({ ...each, ...(batching && { batching }) }));
    const [found] = await runScenario({ ...scenario, cases }, subjects.slice(0, 1), PLAN, quiet);
    return [found?.batching, found?.batchedBy];
  };
  expect(await of()).toEqual(["none", undefined]);
  expect(await of("one at a time")).toEqual(["one at a time", "case"]);
});

it("marks a run that lost a job, and goes on with the others", async () => {
  const found = await runScenario(
    scenarioOf(({ name }) => {
      if (name === "b") throw new InvalidRun("1 were lost");
      if (name === "c") throw new Error("the server is gone");
      return 5;
    }),
    subjects,
    { ...PLAN, runs: 1 },
    quiet,
  );
  expect(found.map(({ values, invalid }) => [values, invalid])).toEqual([
    [[5], []],
    [[], ["1 were lost"]],
    [[], ["it failed: the server is gone"]],
  ]);
});

it("leaves out what an adapter cannot do", async () => {
  const scenario = scenarioOf(({ name }) => {
    if (name === "b") throw new QueueError("UNSUPPORTED", "no ordering keys");
    return 1;
  });
  const measurements = await runScenario(scenario, subjects, PLAN, quiet);
  expect(measurements.map((each) => each.subject)).toEqual(["a", "c"]);
});

it("stops after the step under way when it is asked to", async () => {
  expect(
    await orderOf(
      scenarioOf(() => 1),
      subjects,
      { stopAfter: 4 },
    ),
  ).toHaveLength(4);
});

it("marks a run that does not end, and does not wait for that subject again", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const scenario = scenarioOf(() => 1);
    const run = async ({ name }: Subject) => (name === "b" ? new Promise<never>(() => undefined) : { add: 1 });
    const cases = (plan: Plan) => scenario.cases(plan).map((each) => ({ ...each, run }));
    const found = runScenario({ ...scenario, cases }, subjects, PLAN, quiet);
    await vi.advanceTimersByTimeAsync(600_000);
    expect((await found).map(({ values, invalid }) => [values, invalid])).toEqual([
      [[1, 1, 1], []],
      [
        [],
        [
          "it did not end within 2 minutes",
          "not begun, after one that did not end",
          "not begun, after one that did not end",
        ],
      ],
      [[1, 1, 1], []],
    ]);
  } finally {
    vi.useRealTimers();
  }
});
