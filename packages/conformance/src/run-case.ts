import { setTimeout as sleep } from "node:timers/promises";
import type { Case } from "./case.ts";
import { type Explanation, explain } from "./explain.ts";
import type { Fixture } from "./fixture.ts";
import { askFixture } from "./fixture-error.ts";
import { Handles } from "./handles.ts";
import type { Call } from "./history/call.ts";
import { Trial, type TrialSettings } from "./trial.ts";

/** What became of a case. */
export type CaseOutcome =
  | {
      readonly outcome: "passed";
      /** What an open-ended case came to: `rounds`, `calls`, jobs run `again`, and so on. */
      readonly counts?: Readonly<Record<string, number>>;
    }
  | { readonly outcome: "skipped"; readonly reason: string }
  | ({
      readonly outcome: "failed";
      readonly error: unknown;
      /** It did not end in time, so what is known is only that. */
      readonly isLate?: true;
    } & Explanation);

/** How long a case may take, in milliseconds, beyond its budget; the slowest takes a few seconds on a slow disk. */
export const CASE_DEADLINE = 60_000;

/** How long an open-ended case looks for faults when nobody says, in milliseconds. */
const USUAL_BUDGET = 2000;

/** What a case is given. */
export interface CaseSettings extends Partial<Omit<TrialSettings, "seed">> {
  /** How long it may take beyond its budget, in milliseconds. */
  readonly deadlineMs?: number;
}

/** Runs a case on a new store, and closes and removes that store again. Never throws. */
export async function runCase(
  fixture: Fixture,
  subject: Case,
  seed: number,
  { budgetMs = USUAL_BUDGET, replay = null, deadlineMs = CASE_DEADLINE }: CaseSettings = {},
): Promise<CaseOutcome> {
  // What finds faults by chance makes far more calls than anybody reads, and keeps its own record of them.
  const calls: Call[] | null = subject.isOpenEnded ? null : [];
  let trial: Trial | undefined;
  let outcome: CaseOutcome;
  try {
    const opening = askFixture("open", () => fixture.open());
    const adapter = await inTime(opening, deadlineMs, () => "`open` of the fixture never answered.");
    trial = new Trial(new Handles(fixture, adapter, calls), { seed, budgetMs, replay });
    await inTime(adapter.open(), deadlineMs, () => "`open` never answered.");
    outcome = await judge(fixture, subject, trial, { calls, deadlineMs });
  } catch (error) {
    outcome = failure(error, calls);
  }
  try {
    await inTime(trial?.end(), deadlineMs, () => "`close` never answered.");
  } catch (error) {
    // What went wrong first says more than what goes wrong while tidying up.
    if (outcome.outcome !== "failed") outcome = failure(error, calls);
  }
  return outcome;
}

async function judge(
  fixture: Fixture,
  subject: Case,
  trial: Trial,
  { calls, deadlineMs }: { readonly calls: readonly Call[] | null; readonly deadlineMs: number },
): Promise<CaseOutcome> {
  const readiness = subject.needs?.(fixture, trial.adapter.capabilities) ?? "ready";
  if (readiness !== "ready") {
    if ("skip" in readiness) return { outcome: "skipped", reason: readiness.skip };
    throw new Error(readiness.fail);
  }
  const deadline = deadlineMs + trial.budgetMs;
  await inTime(subject.run(trial), deadline, () => {
    const verbs = new Set(calls?.filter((call) => call.end === null).map(({ verb }) => `\`${verb}\``));
    const reason = verbs.size > 0 ? `${[...verbs].join(", ")} never answered` : "something in it never answered";
    return `The case did not end within ${Math.round(deadline / 1000)} seconds: ${reason}.`;
  });
  return Object.keys(trial.counts).length > 0 ? { outcome: "passed", counts: trial.counts } : { outcome: "passed" };
}

function failure(error: unknown, calls: readonly Call[] | null): CaseOutcome {
  const late = error instanceof Late ? ({ isLate: true } as const) : {};
  return { outcome: "failed", error, ...late, ...explain(error, calls ?? []) };
}

/** An adapter that never answers fails the case, instead of holding up the whole run. */
async function inTime<T>(run: Promise<T> | T, ms: number, late: () => string): Promise<T> {
  const ended = new AbortController();
  const deadline = sleep(ms, undefined, { signal: ended.signal }).then(() => {
    throw new Late(late());
  });
  try {
    return await Promise.race([run, deadline]);
  } finally {
    ended.abort();
    deadline.catch(() => {});
  }
}

/** Something did not end in time. */
class Late extends Error {}
