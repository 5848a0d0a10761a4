import { parseArgs } from "node:util";
import type { Plan, Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/index.ts";
import type { Subject } from "./subject.ts";
import { others, ours } from "./subjects/index.ts";

/** What the command line says. Lists are separated by commas. */
export interface Options {
  readonly smoke: boolean;
  readonly only?: string;
  readonly with?: string;
  readonly scenarios?: string;
  readonly runs?: string;
  readonly seconds?: string;
  readonly backlogs?: string;
  readonly connections?: string;
  readonly json?: string;
}

export function readOptions(): Options {
  const string = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      smoke: { type: "boolean", default: false },
      only: string,
      with: string,
      scenarios: string,
      runs: string,
      seconds: string,
      backlogs: string,
      connections: string,
      json: string,
    },
  });
  return values;
}

/** Those that are named, or all that do not take minutes; `all` is all of them, and a smoke is too. */
export function chosenScenarios({ scenarios: names, smoke }: Options): readonly Scenario[] {
  if (names === "all" || (names === undefined && smoke)) return scenarios;
  if (names === undefined) return scenarios.filter(({ isLong }) => !isLong);
  return listOf(names).map((name) => named(scenarios, name, "scenario"));
}

/** Those of ours whose name contains one of `only`, and the queues of others that were asked for. */
export function chosenSubjects({ only, with: names }: Options): readonly Subject[] {
  const parts = only === undefined ? [""] : listOf(only);
  return [
    ...ours.filter(({ name }) => parts.some((part) => name.includes(part))),
    ...listOf(names ?? "").map((name) => named(others, name, "other queue")),
  ];
}

export function planOf({ smoke, runs, seconds, backlogs, connections }: Options): Plan {
  return {
    smoke,
    runs: numberOf(runs) ?? (smoke ? 1 : 3),
    ...(seconds !== undefined && { seconds: Number(seconds) }),
    ...(backlogs !== undefined && { backlogs: listOf(backlogs).map(Number) }),
    ...(connections !== undefined && { connections: Number(connections) }),
  };
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string, kind: string): T {
  const found = all.find((each) => each.name === name);
  if (found) return found;
  throw new Error(`There is no ${kind} ${name}. There are: ${all.map((each) => each.name).join(", ")}.`);
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
