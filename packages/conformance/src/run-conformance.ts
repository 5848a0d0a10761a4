import { cases } from "./cases/index.ts";
import { titleOf } from "./case.ts";
import type { Fixture } from "./fixture.ts";
import { CASE_DEADLINE, runCase } from "./run-case.ts";
import { defaultSeed } from "./seed.ts";

/** A test runner, as far as the suite needs one: vitest, `node:test`, and others that have `describe` and `it`. */
export interface TestRunner {
  readonly describe: (title: string, define: () => void) => unknown;
  readonly it: (title: string, run: (context: unknown) => Promise<void>, timeoutMs: number) => unknown;
}

/** Defines one test for each case. A case that does not apply is skipped with the capability that excuses it. */
export function runConformance(fixture: Fixture, { describe, it }: TestRunner): void {
  const seed = defaultSeed();
  describe(`${fixture.name} keeps the promises (seed ${seed})`, () => {
    for (const subject of cases) {
      const run = async (context: unknown): Promise<void> => {
        const result = await runCase(fixture, subject, seed);
        if (result.outcome === "failed") throw result.error;
        if (result.outcome === "skipped") skip(context, result.reason);
      };
      // Later than the case's own deadline, whose message says more than the runner's.
      it(titleOf(subject), run, 2 * CASE_DEADLINE);
    }
  });
}

/** Vitest and `node:test` both hand a test something with `skip(reason)`; without it the test counts as passed. */
function skip(context: unknown, reason: string): void {
  const runner = context as { skip?: (reason: string) => void } | null | undefined;
  runner?.skip?.(reason);
}
