import { QueueError } from "@anyqueue/api";
import type { Plan, Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/index.ts";
import type { Subject } from "./subject.ts";
import { others, othersNamed, ours } from "./subjects/index.ts";

/** What is to be measured, and how much of it. */
export interface BenchOptions extends Partial<Plan> {
  /** Our backends, each with its floors: `memory`, `sqlite`, `postgres`. All of them if this is silent. */
  readonly backends?: readonly string[];
  /** Of our backends and floors only those whose name contains one of these. */
  readonly only?: readonly string[];
  /** Queues of others, by name. */
  readonly with?: readonly string[];
  /** By name, or `all`. If this is silent, those that do not take minutes; in a smoke, all. */
  readonly scenarios?: readonly string[];
}

const BACKENDS = ["memory", "sqlite", "postgres", "none"];

/** Those that are named, or all that do not take minutes. @throws QueueError `INVALID` for an unknown name. */
export function chosenScenarios({ scenarios: names, smoke = false }: BenchOptions): readonly Scenario[] {
  if (names?.includes("all") || (names === undefined && smoke)) return scenarios;
  if (names === undefined) return scenarios.filter(({ isLong }) => !isLong);
  return [...new Set(names)].map((name) => named(scenarios, name, "scenario"));
}

/** Our own, as they are chosen, and the queues of others that are asked for. @throws QueueError `INVALID` */
export function chosenSubjects({ backends, only, with: names = [] }: BenchOptions): readonly Subject[] {
  for (const backend of backends ?? []) {
    if (!BACKENDS.includes(backend)) {
      throw new QueueError("INVALID", `There is no backend ${backend}. There are: ${BACKENDS.join(", ")}.`);
    }
  }
  const ofBackends = ours.filter(
    ({ name }) => backends === undefined || backends.some((backend) => name.includes(backend)),
  );
  const contains = ({ name }: Subject, part: string): boolean => name.includes(part);
  for (const part of only ?? []) {
    if (!ofBackends.some((subject) => contains(subject, part))) {
      const all = ofBackends.map(({ name }) => name).join(", ") || "none of ours";
      throw new QueueError("INVALID", `No subject's name contains ${part}. There are: ${all}.`);
    }
  }
  const chosen = ofBackends.filter((subject) => only === undefined || only.some((part) => contains(subject, part)));
  return [...chosen, ...new Set(names.flatMap(queuesNamed))];
}

/** Figures are told apart by the names of their subjects. @throws QueueError `INVALID` where they could not be */
export function refuseUnclearNames(subjects: readonly Subject[]): void {
  for (const [name, { length }] of Map.groupBy(subjects, (subject) => subject.name)) {
    if (length > 1) {
      throw new QueueError(
        "INVALID",
        `There are ${length} subjects of the name ${name}. Give your fixture another one.`,
      );
    }
    if (/\p{Cc}/u.test(name)) {
      throw new QueueError(
        "INVALID",
        `The name ${JSON.stringify(name)} cannot be shown. Give your fixture another one.`,
      );
    }
  }
}

/** Everything once in a smoke, else three times. */
export function planOf({ smoke = false, runs, seed = 1, seconds, backlogs, connections }: BenchOptions): Plan {
  return {
    smoke,
    runs: runs ?? (smoke ? 1 : 3),
    seed,
    ...(seconds !== undefined && { seconds }),
    ...(backlogs !== undefined && { backlogs }),
    ...(connections !== undefined && { connections }),
  };
}

function queuesNamed(name: string): readonly Subject[] {
  const found = othersNamed(name);
  if (found.length > 0) return found;
  return [
    named(
      others.filter(({ kind }) => kind === "other"),
      name,
      "other queue",
    ),
  ];
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string, kind: string): T {
  const found = all.find((each) => each.name === name);
  if (found) return found;
  throw new QueueError(
    "INVALID",
    `There is no ${kind} ${name}. There are: ${all.map((each) => each.name).join(", ")}.`,
  );
}
