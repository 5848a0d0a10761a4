import { type Case, titleOf } from "./case.ts";
import { checkFixture } from "./check-fixture.ts";
import type { Explanation } from "./explain.ts";
import type { Fixture } from "./fixture.ts";
import { type Plan, planRun, type RunOptions } from "./plan.ts";
import { CASE_DEADLINE, runCase } from "./run-case.ts";

/** A test runner, as far as the suite needs one: vitest, `node:test`, and others that have `describe` and `it`. */
export interface TestRunner {
  readonly describe: (title: string, define: () => void) => unknown;
  readonly it: (title: string, run: (this: unknown, context?: unknown) => Promise<void>, timeoutMs: number) => unknown;
}

/**
 * Defines one test for each case. A case that does not apply is skipped with the capability that excuses it; one that fails
 * tells what is broken, and the calls that show it.
 *
 * @throws QueueError `INVALID` if the fixture or an option is wrong.
 */
export function runConformance(fixture: Fixture, { describe, it }: TestRunner, options: RunOptions = {}): void {
  checkFixture(fixture);
  const plan = planRun(options, "20s");
  describe(`${fixture.name} keeps the promises (seed ${plan.seed})`, () => {
    // Later than the case's own deadline, whose message says more than the runner's.
    const timeoutMs = 2 * CASE_DEADLINE + plan.timeMs;
    for (const subject of plan.chosen) it(titleOf(subject), testOf(fixture, subject, plan, timeoutMs), timeoutMs);
  });
}

/** A test as each runner takes it. */
type Test = (this: unknown, context?: unknown) => Promise<void>;

function testOf(fixture: Fixture, subject: Case, { seed, budget, replay }: Plan, timeoutMs: number): Test {
  // A parameter with a default value does not count: to Jest and Mocha a test that has one is a test that calls back.
  return async function (this: unknown, context: unknown = null): Promise<void> {
    const runner = (context ?? this) as RunnerContext | null | undefined;
    runner?.timeout?.(timeoutMs);
    const result = await (subject.isOpenEnded
      ? budget.spend((budgetMs) => runCase(fixture, subject, seed, { budgetMs, replay }))
      : runCase(fixture, subject, seed, { replay }));
    if (result.outcome === "failed") throw toldIn(result.error, result, seed);
    // Without the means to skip, the test counts as passed.
    if (result.outcome === "skipped") runner?.skip?.(result.reason);
  };
}

/** What Vitest and `node:test` hand to a test, and Mocha has as `this`. */
interface RunnerContext {
  readonly skip?: (reason: string) => void;
  readonly timeout?: (ms: number) => unknown;
}

/** An error whose message has everything, because that is what every runner shows. */
function toldIn(thrown: unknown, { message, history, replay }: Explanation, seed: number): Error {
  const lines = [
    message,
    ...(history.length > 0 ? ["", "How it came to that:", ...history.map((line) => `  ${line}`)] : []),
    "",
    replay === null
      ? `Again: ANYQUEUE_CONFORMANCE_SEED=${seed}`
      : `Again: runConformance(fixture, runner, { replay: ${JSON.stringify(replay)} })`,
  ];
  const error = new Error(lines.join("\n"));
  error.name = "BrokenPromise";
  const frames = thrown instanceof Error ? /^ {4}at [^]*/m.exec(thrown.stack ?? "")?.[0] : undefined;
  error.stack = [`${error.name}: ${error.message}`, ...(frames === undefined ? [] : [frames])].join("\n");
  return error;
}
