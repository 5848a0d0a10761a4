import type { Fixture } from "@anyqueue/conformance";
import { fixtureSubject } from "./fixtures/fixture-subject.ts";
import { describeMachine } from "./machine.ts";
import type { Measurement } from "./measurement.ts";
import { install } from "./on-demand.ts";
import { type BenchOptions, chosenScenarios, chosenSubjects, planOf } from "./options.ts";
import { type BenchResult, type LeftOut, newResult, type ResultHead, type SubjectInfo } from "./result.ts";
import { countSteps, runScenario, type Step } from "./run-scenario.ts";
import type { Plan, Scenario, ScenarioInfo } from "./scenario.ts";
import { throughput } from "./scenarios/throughput.ts";
import { missingServer, startServers } from "./start-servers.ts";
import type { Subject } from "./subject.ts";

/** Told what is going on while it runs. */
export interface BenchWatcher {
  /** Before anything is measured; `steps` is how many single runs there will be. */
  began?(head: ResultHead, steps: number): void;
  stepBegins?(step: Step): void;
  /** With everything that the scenario has measured so far. */
  stepEnded?(step: Step, scenario: ScenarioInfo, measurements: readonly Measurement[]): void;
  scenarioEnded?(scenario: ScenarioInfo, measurements: readonly Measurement[]): void;
}

export interface RunOptions extends BenchOptions {
  /** Adapters of others, each as a subject. */
  readonly fixtures?: readonly Fixture[];
  readonly watcher?: BenchWatcher;
  /** Ends the run after the step that is under way; what was measured until then is the result. */
  readonly signal?: AbortSignal;
}

/**
 * Runs the benchmark and answers all it found. Servers are started and stopped by it; what cannot be measured on this
 * machine is left out, with the reason.
 *
 * @throws QueueError `INVALID` for a name that does not exist.
 */
export async function runBench(options: RunOptions = {}): Promise<BenchResult> {
  const { fixtures = [], watcher = {}, signal } = options;
  const wanted = chosenScenarios(options);
  const plan = planOf(options);
  const candidates = [...chosenSubjects(options), ...(await Promise.all(fixtures.map(fixtureSubject)))];
  const startedAt = new Date();
  const servers = await startServers(candidates);
  try {
    const { subjects, leftOut } = await thoseThatCanRun(candidates);
    const machine = await describeMachine(servers.about);
    const infos = subjects.map(infoOf);
    const tasks = wanted
      .map((scenario) => ({ scenario, suited: suitedTo(scenario, subjects, plan) }))
      .filter(({ suited }) => suited.length > 0);
    const steps = tasks.reduce((sum, { scenario, suited }) => sum + countSteps(scenario, suited.length, plan), 0);
    watcher.began?.({ machine, plan, subjects: infos, leftOut }, steps);

    const measurements: Measurement[] = [];
    const done: ScenarioInfo[] = [];
    for (const { scenario, suited } of tasks) {
      if (signal?.aborted) break;
      const about = aboutOf(scenario);
      const found = await runScenario(scenario, suited, plan, {
        isOver: () => signal?.aborted ?? false,
        begins: (step) => watcher.stepBegins?.(step),
        ended: (step, soFar) => watcher.stepEnded?.(step, about, soFar),
      });
      measurements.push(...found);
      done.push(about);
      watcher.scenarioEnded?.(about, found);
    }
    return newResult({
      startedAt: startedAt.toISOString(),
      seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
      machine,
      plan,
      subjects: infos,
      leftOut,
      scenarios: done,
      measurements,
    });
  } finally {
    await servers.stop();
  }
}

async function thoseThatCanRun(candidates: readonly Subject[]): Promise<{ subjects: Subject[]; leftOut: LeftOut[] }> {
  const subjects: Subject[] = [];
  const leftOut: LeftOut[] = [];
  for (const subject of candidates) {
    const because = await hindranceOf(subject);
    if (because === undefined) subjects.push(subject);
    else leftOut.push({ subject: subject.name, because });
  }
  return { subjects, leftOut };
}

/** Why a subject cannot be measured on this machine; undefined when it can. */
async function hindranceOf({ server, library }: Subject): Promise<string | undefined> {
  return (server && missingServer(server)) ?? (library && install(library));
}

/** A smoke sees that everything runs. That a backend does in its weaker durabilities, one scenario shows. */
function suitedTo(scenario: Scenario, subjects: readonly Subject[], { smoke }: Plan): Subject[] {
  return subjects.filter(
    (subject) =>
      scenario.suits(subject) &&
      !(smoke && scenario !== throughput && ["crash", "snapshot"].includes(subject.durability)),
  );
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
