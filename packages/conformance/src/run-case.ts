import type { Case } from "./case.ts";
import { type Explanation, explain } from "./explain.ts";
import type { Fixture } from "./fixture.ts";
import { askFixture } from "./fixture-error.ts";
import { Handles } from "./handles.ts";
import type { Call } from "./history/call.ts";
import { answeredWithin, inTime, Late, unanswered, within } from "./in-time.ts";
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
      readonly late?: Lateness;
    } & Explanation);

/** How a case did not end in time. */
export interface Lateness {
  /** The verbs that had not answered, as far as that is known. */
  readonly verbs: readonly string[];
  /** How long they, or the case, were waited for, in milliseconds. */
  readonly ms: number;
  /** It was waited for less than a case may take, so nothing is wrong with it for all that is known. */
  readonly isCut: boolean;
}

/** How long a case may take, in milliseconds, beyond its budget; the slowest takes a few seconds on a slow disk. */
export const CASE_DEADLINE = 60_000;

/** How long an open-ended case looks for faults when nobody says, in milliseconds. */
const USUAL_BUDGET = 2000;

/** What a case is given. */
export interface CaseSettings extends Partial<Omit<TrialSettings, "seed">> {
  /** How long it may take beyond its budget, in milliseconds. */
  readonly deadlineMs?: number;
  /** The verbs that never answered in another case: their calls are waited for less. */
  readonly hung?: ReadonlySet<string>;
}

/** How long a call of a verb that is known to hang may take, in milliseconds, and a close that may wait for such a call. */
const SHORT = 2000;

/** Runs a case on a new store, and closes and removes that store again. Never throws. */
export async function runCase(
  fixture: Fixture,
  subject: Case,
  seed: number,
  { budgetMs = USUAL_BUDGET, replay = null, deadlineMs = CASE_DEADLINE, hung = new Set() }: CaseSettings = {},
): Promise<CaseOutcome> {
  // What finds faults by chance makes far more calls than anybody reads, and keeps its own record of them.
  const calls: Call[] | null = subject.isOpenEnded ? null : [];
  let trial: Trial | undefined;
  let outcome: CaseOutcome;
  try {
    const opening = askFixture("open", () => fixture.open());
    const adapter = await inTime(
      opening,
      within(deadlineMs, () => "`open` of the fixture never answered."),
    );
    trial = new Trial(new Handles(fixture, adapter, calls), { seed, budgetMs, replay });
    await inTime(
      adapter.open(),
      within(deadlineMs, () => "`open` never answered."),
    );
    outcome = await judge(fixture, subject, trial, { calls: calls ?? [], deadlineMs, hung });
  } catch (error) {
    outcome = failure(error, calls, deadlineMs);
  }
  try {
    const isHanging = outcome.outcome === "failed" && outcome.late !== undefined;
    await inTime(
      trial?.end(),
      within(isHanging ? SHORT : deadlineMs, () => "`close` never answered."),
    );
  } catch (error) {
    // What went wrong first says more than what goes wrong while tidying up.
    if (outcome.outcome !== "failed") outcome = failure(error, calls, deadlineMs);
  }
  return outcome;
}

async function judge(
  fixture: Fixture,
  subject: Case,
  trial: Trial,
  {
    calls,
    deadlineMs,
    hung,
  }: Required<Pick<CaseSettings, "deadlineMs" | "hung">> & { readonly calls: readonly Call[] },
): Promise<CaseOutcome> {
  const readiness = subject.needs?.(fixture, trial.adapter.capabilities) ?? "ready";
  if (readiness !== "ready") {
    if ("skip" in readiness) return { outcome: "skipped", reason: readiness.skip };
    throw new Error(readiness.fail);
  }
  const deadline = deadlineMs + trial.budgetMs;
  const tooLate = within(deadline, () => {
    const verbs = unanswered(calls).map((verb) => `\`${verb}\``);
    const reason = verbs.length > 0 ? `${verbs.join(", ")} never answered` : "something in it never answered";
    return `The case did not end within ${Math.round(deadline / 1000)} seconds: ${reason}.`;
  });
  const limits = hung.size > 0 ? [tooLate, answeredWithin(SHORT, calls, hung)] : [tooLate];
  await inTime(subject.run(trial), ...limits);
  return Object.keys(trial.counts).length > 0 ? { outcome: "passed", counts: trial.counts } : { outcome: "passed" };
}

function failure(error: unknown, calls: readonly Call[] | null, deadlineMs: number): CaseOutcome {
  const made = calls ?? [];
  const late = error instanceof Late && {
    verbs: unanswered(made, SHORT),
    ms: error.ms,
    isCut: deadlineMs < CASE_DEADLINE || error.ms < deadlineMs,
  };
  return { outcome: "failed", error, ...(late && { late }), ...explain(error, made) };
}
