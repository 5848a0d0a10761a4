import { expect, it } from "vitest";
import { findTasks } from "../src/find-tasks.ts";
import { chosenScenarios, chosenSubjects, planOf } from "../src/options.ts";

const everything = { smoke: true };
const NOWHERE = "there is no PostgreSQL on this machine";

async function tasksOf(options: Parameters<typeof chosenSubjects>[0], servers: Parameters<typeof findTasks>[3]) {
  const { subjects, tasks, leftOut } = await findTasks(
    chosenScenarios(options),
    chosenSubjects(options),
    planOf(options),
    servers,
  );
  return { subjects, scenarios: tasks.map(({ scenario }) => scenario.name), leftOut };
}

it("runs every scenario where everything is to be had", async () => {
  const about = { postgres: { whose: "of this run", "counting of statements": "possible" } } as const;
  const { scenarios, leftOut } = await tasksOf(everything, { about, missing: {} });
  expect(scenarios).toEqual(chosenScenarios(everything).map(({ name }) => name));
  expect(leftOut).toEqual([]);
});

it("tells which scenarios do not run for want of a server", async () => {
  const { scenarios, leftOut } = await tasksOf(everything, { about: {}, missing: { postgres: NOWHERE } });
  const untold = chosenScenarios(everything).filter(
    ({ name }) => !scenarios.includes(name) && !leftOut.some(({ what }) => what === `the scenario ${name}`),
  );
  expect(untold).toEqual([]);
  expect(leftOut).toContainEqual({ what: "the scenario cost", because: NOWHERE, server: "postgres" });
  expect(leftOut.filter(({ server }) => server === undefined)).toEqual([]);
});

it("tells of a scenario that suits nobody, which is no matter of servers", async () => {
  const options = { backends: ["memory"], scenarios: ["throughput", "cost"] };
  const { scenarios, leftOut } = await tasksOf(options, { about: {}, missing: {} });
  expect(scenarios).toEqual(["throughput"]);
  expect(leftOut).toEqual([{ what: "the scenario cost", because: "it suits none of the subjects" }]);
});

it("tells why statements are not counted", async () => {
  const about = { postgres: { whose: "yours", "counting of statements": "somebody forbids it" } } as const;
  const options = { backends: ["postgres"], scenarios: ["throughput", "cost"] };
  const { scenarios, leftOut } = await tasksOf(options, { about, missing: {} });
  expect(scenarios).toEqual(["throughput", "cost"]);
  expect(leftOut).toEqual([
    { what: "the count of statements in cost", because: "somebody forbids it", server: "postgres" },
  ]);
});

it("names only subjects that are measured", async () => {
  const options = { backends: ["memory"], scenarios: ["verbs"] };
  const { subjects } = await tasksOf(options, { about: {}, missing: {} });
  expect(subjects.map(({ name }) => name)).toEqual(["anyqueue memory"]);
});
