import { isQueueError } from "@anyqueue/api";
import { Chance } from "./chance.ts";
import { collectGarbage } from "./collect-garbage.ts";
import type { Measurement, Parameters } from "./measurement.ts";
import type { Case, Plan, Readings, Scenario } from "./scenario.ts";
import { withoutOutage } from "./servers/outages.ts";
import { median, summarise } from "./statistics.ts";
import { GivenUp, limitOf, NotEnded, withinLimit } from "./step-limit.ts";
import type { Subject } from "./subject.ts";
import { InvalidRun } from "./tally.ts";

/** One run of one case on one subject, which is about to begin, or has ended. */
export interface Step {
  readonly scenario: string;
  readonly subject: string;
  readonly metrics: readonly string[];
  readonly parameters: Parameters;
  /** From 1. */
  readonly round: number;
}

/** What the runner tells whoever watches. */
export interface Watcher {
  /** Stops before the next step, and gives up the one under way if it does not end in some seconds. */
  readonly signal?: AbortSignal;
  begins(step: Step): void;
  /** With everything that the scenario has measured so far. */
  ended(step: Step, measurements: readonly Measurement[]): void;
}

/** How many runs a scenario takes. */
export function countSteps(scenario: Scenario, subjects: number, plan: Plan): number {
  return scenario.cases(plan).reduce((sum, each) => sum + runsOf(each, plan) * subjects, 0);
}

/** Measures everything in rounds: each case on every subject once, in another order each time, which the seed tells. */
export async function runScenario(
  scenario: Scenario,
  subjects: readonly Subject[],
  plan: Plan,
  watcher: Watcher,
): Promise<Measurement[]> {
  const cases = scenario.cases(plan);
  const chance = new Chance(plan.seed);
  const records = cases.map((each) => subjects.map((subject) => new Recorder(scenario, each, subject)));
  const stuck = new Set<Subject>();
  const soFar = (): Measurement[] => records.flatMap((row) => row.flatMap((record) => record.measurements()));
  for (let round = 1; round <= plan.runs; round++) {
    for (const [n, each] of cases.entries()) {
      if (round > runsOf(each, plan)) continue;
      for (const turn of chance.shuffled(subjects)) {
        if (watcher.signal?.aborted) return soFar();
        const { metrics, parameters = {} } = each;
        const step = { scenario: scenario.name, subject: turn.name, metrics: Object.keys(metrics), parameters, round };
        watcher.begins(step);
        if (!plan.smoke) collectGarbage();
        await records[n]?.[subjects.indexOf(turn)]?.run(plan, stuck, watcher.signal);
        watcher.ended(step, soFar());
      }
    }
  }
  return soFar();
}

function runsOf({ runs = Number.POSITIVE_INFINITY }: Case, plan: Plan): number {
  return Math.min(runs, plan.runs);
}

/** Gathers what one subject did in one case. */
class Recorder {
  readonly #scenario: Scenario;
  readonly #case: Case;
  readonly #subject: Subject;
  readonly #readings: Readings[] = [];
  readonly #invalid: string[] = [];

  constructor(scenario: Scenario, each: Case, subject: Subject) {
    this.#scenario = scenario;
    this.#case = each;
    this.#subject = subject;
  }

  /** A run that is no measurement is marked, and the others go on. A subject that stood still is not waited for again. */
  async run(plan: Plan, stuck: Set<Subject>, signal?: AbortSignal): Promise<void> {
    try {
      if (stuck.has(this.#subject)) throw new InvalidRun("not begun, after one that did not end");
      const run = () => withoutOutage(this.#subject, () => this.#case.run(this.#subject, plan));
      this.#readings.push(await withinLimit(run, limitOf(plan), signal));
    } catch (error) {
      // What an adapter cannot do is left out, as what another queue has no call for.
      if (error instanceof GivenUp || isQueueError(error, "UNSUPPORTED")) return;
      if (error instanceof NotEnded) stuck.add(this.#subject);
      const { message } = error as Error;
      this.#invalid.push(error instanceof InvalidRun ? message : `it failed: ${message}`);
    }
  }

  measurements(): Measurement[] {
    return Object.entries(this.#case.metrics).flatMap(([metric, unit]) => {
      const found = this.#readings.map((readings) => readings[metric]).filter((reading) => reading !== undefined);
      if (found.length === 0 && this.#invalid.length === 0) return [];
      const samples = found.filter((reading) => typeof reading === "object").map(summarise);
      const { name, kind, durability, batching, floor } = this.#subject;
      const own = this.#case.batching;
      const ofCase = typeof own === "string" ? own : own?.[metric];
      return {
        scenario: this.#scenario.name,
        metric,
        unit,
        parameters: this.#case.parameters ?? {},
        subject: name,
        ...(kind !== undefined && { kind }),
        durability,
        batching: ofCase ?? batching,
        ...(ofCase !== undefined && { batchedBy: "case" as const }),
        ...(floor !== undefined && { floor }),
        values: found.map((reading) => (typeof reading === "number" ? reading : median(reading))),
        ...(samples.length > 0 && { samples }),
        invalid: [...this.#invalid],
      };
    });
  }
}
