import type { Fixture } from "@anyqueue/conformance";
import { fixtureSubject } from "./fixtures/fixture-subject.ts";
import { findTasks } from "./find-tasks.ts";
import { describeMachine } from "./machine.ts";
import type { Measurement } from "./measurement.ts";
import { type BenchOptions, chosenScenarios, chosenSubjects, planOf, refuseUnclearNames } from "./options.ts";
import { type BenchResult, newResult, type ResultHead, type SubjectInfo, type TimedStep } from "./result.ts";
import { countSteps, runScenario, type Step } from "./run-scenario.ts";
import type { Scenario, ScenarioInfo } from "./scenario.ts";
import { startServers } from "./start-servers.ts";
import type { Subject } from "./subject.ts";
import { asItSurvives } from "./survival.ts";
import { commitOfCode } from "./versions.ts";

/** Told what is going on while it runs. */
export interface BenchWatcher {
  /** Before anything is measured; `steps` is how many single runs there will be. */
  began?(head: ResultHead, steps: number): void;
  stepBegins?(step: Step): void;
  /** With everything that the scenario has measured so far. */
  stepEnded?(step: Step, scenario: ScenarioInfo, measurements: readonly Measurement[]): void;
  scenarioEnded?(scenario: ScenarioInfo, measurements: readonly Measurement[]): void;
  /** After each step: the result as it is until then, for whoever wants to lose nothing. */
  measured?(soFar: BenchResult): void;
}

export interface RunOptions extends BenchOptions {
  /** Adapters of others, each as a subject. */
  readonly fixtures?: readonly Fixture[];
  readonly watcher?: BenchWatcher;
  /**
   * Ends the run after the step that is under way, or some seconds later if that goes on; what was measured until then is
   * the result. What a step that stood still holds on to may keep the process from ending by itself.
   */
  readonly signal?: AbortSignal;
}

/**
 * Runs the benchmark and answers all it found. Servers are started and stopped by it; what cannot be measured on this
 * machine is left out, with the reason.
 *
 * @throws QueueError `INVALID` for a name that does not exist or is there twice, and for the address of a server that is
 *   none; `UNAVAILABLE` for a server of the environment that does not answer.
 */
export async function runBench(options: RunOptions = {}): Promise<BenchResult> {
  const { fixtures = [], watcher = {}, signal } = options;
  const wanted = chosenScenarios(options);
  const plan = planOf(options);
  const candidates = [...chosenSubjects(options), ...(await Promise.all(fixtures.map(fixtureSubject)))];
  refuseUnclearNames(candidates);
  const startedAt = Date.now();
  const seconds = (): number => (Date.now() - startedAt) / 1000;
  const servers = await startServers(candidates);
  try {
    const machine = await describeMachine(servers.about);
    const { subjects, tasks, leftOut } = await findTasks(wanted, candidates, plan, servers);
    const asHere = (subject: Subject): Subject => asItSurvives(subject, machine);
    const commit = commitOfCode();
    const head: ResultHead = {
      ...(commit !== undefined && { commit }),
      machine,
      plan,
      subjects: subjects.map(asHere).map(infoOf),
      leftOut,
    };
    const steps = tasks.reduce((sum, { scenario, suited }) => sum + countSteps(scenario, suited.length, plan), 0);
    watcher.began?.(head, steps);

    const scenarios: ScenarioInfo[] = [];
    const measurements: Measurement[] = [];
    const timeline: TimedStep[] = [];
    const soFar = (): BenchResult =>
      newResult({
        startedAt: new Date(startedAt).toISOString(),
        seconds: Math.round(seconds()),
        ...head,
        scenarios,
        measurements,
        timeline,
      });
    for (const { scenario, suited } of tasks) {
      const about = aboutOf(scenario);
      const before = measurements.length;
      scenarios.push(about);
      await runScenario(scenario, suited.map(asHere), plan, {
        ...(signal && { signal }),
        begins: (step) => {
          timeline.push({ at: Math.round(seconds() * 10) / 10, ...step });
          watcher.stepBegins?.(step);
        },
        ended: (step, found) => {
          measurements.splice(before, Number.POSITIVE_INFINITY, ...found);
          watcher.measured?.(soFar());
          watcher.stepEnded?.(step, about, found);
        },
      });
      const found = measurements.slice(before);
      if (found.length > 0) {
        watcher.scenarioEnded?.(about, found);
        continue;
      }
      scenarios.pop();
      if (signal?.aborted) break;
      leftOut.push({ what: `the scenario ${scenario.name}`, because: "nothing came of its cases" });
    }
    return soFar();
  } finally {
    await servers.stop();
  }
}

function infoOf({ name, durability, batching, floor, library, configuration }: Subject): SubjectInfo {
  const setUp = [library?.version, configuration].filter((part) => part !== undefined).join(": ");
  return {
    name,
    durability,
    batching,
    ...(floor !== undefined && { floor }),
    ...(setUp !== "" && { configuration: setUp }),
  };
}

function aboutOf({ name, about, baseline, statistics, plot }: Scenario): ScenarioInfo {
  return { name, about, ...(baseline && { baseline }), ...(statistics && { statistics }), ...(plot && { plot }) };
}
