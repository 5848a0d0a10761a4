import { setTimeout as sleep } from "node:timers/promises";
import type { Case } from "./case.ts";
import type { Fixture } from "./fixture.ts";
import { Trial, type TrialSettings } from "./trial.ts";

/** What became of a case. */
export type CaseOutcome =
  | { readonly outcome: "passed" }
  | { readonly outcome: "skipped"; readonly reason: string }
  | { readonly outcome: "failed"; readonly error: unknown };

/** How long a case may take, in milliseconds, beyond its budget; the slowest takes a few seconds on a slow disk. */
export const CASE_DEADLINE = 60_000;

/** How long an open-ended case looks for faults when nobody says, in milliseconds. */
const USUAL_BUDGET = 2000;

/** Runs a case on a new store, and closes and removes that store again. */
export async function runCase(
  fixture: Fixture,
  subject: Case,
  seed: number,
  { budgetMs = USUAL_BUDGET, replay = null }: Partial<TrialSettings> = {},
): Promise<CaseOutcome> {
  let trial: Trial | undefined;
  let outcome: CaseOutcome;
  try {
    const adapter = await fixture.open();
    trial = new Trial(fixture, adapter, { seed, budgetMs, replay });
    await adapter.open();
    outcome = await judge(fixture, subject, trial);
  } catch (error) {
    outcome = { outcome: "failed", error };
  }
  try {
    await trial?.end();
  } catch (error) {
    // What went wrong first says more than what goes wrong while tidying up.
    if (outcome.outcome !== "failed") outcome = { outcome: "failed", error };
  }
  return outcome;
}

async function judge(fixture: Fixture, subject: Case, trial: Trial): Promise<CaseOutcome> {
  const { capabilities } = trial.adapter;
  const readiness = subject.needs?.(fixture, capabilities) ?? "ready";
  if (readiness !== "ready") {
    return "skip" in readiness
      ? { outcome: "skipped", reason: readiness.skip }
      : { outcome: "failed", error: new Error(readiness.fail) };
  }
  await within(CASE_DEADLINE + trial.budgetMs, subject.run(trial));
  return { outcome: "passed" };
}

/** An adapter that never answers fails the case, instead of holding up the whole run. */
async function within(deadline: number, run: Promise<void>): Promise<void> {
  const ended = new AbortController();
  const late = sleep(deadline, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`The case did not end within ${Math.round(deadline / 1000)} seconds: a verb never answered.`);
  });
  try {
    await Promise.race([run, late]);
  } finally {
    ended.abort();
    late.catch(() => {});
  }
}
