import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import type { Case, CaseName } from "./case.ts";
import { cases } from "./cases/index.ts";
import { checkFixture } from "./check-fixture.ts";
import type { Fixture } from "./fixture.ts";
import { openSubject } from "./open-subject.ts";
import { impatience, Patience } from "./patience.ts";
import { type Plan, planRun, type RunOptions } from "./plan.ts";
import { tellFindings } from "./report/findings.ts";
import type { CaseReport, Report } from "./report/report.ts";
import { countOutcomes, judgePromises } from "./report/verdicts.ts";
import { type CaseOutcome, runCase } from "./run-case.ts";
import { Strays } from "./strays.ts";

/** How far a run has come. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** How many cases failed so far. */
  readonly failed: number;
  /** The case that begins now. */
  readonly running?: CaseName;
  /** The case that ended just now. */
  readonly last?: CaseReport;
}

/** What a run without a test runner is told. */
export interface StandaloneOptions extends RunOptions {
  /** Called when a case begins, and when it has ended. */
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the run early; the report then has what was found until then. */
  readonly signal?: AbortSignal;
}

/** How long the running case may go on when the run is ended early, in milliseconds. */
const GRACE = 2000;

/**
 * Runs the suite without a test runner, one case after the other. Never throws because of a failed case.
 *
 * @throws QueueError `INVALID` if the fixture or an option is wrong, `UNAVAILABLE` if the adapter cannot even be opened.
 */
export async function runStandalone(fixture: Fixture, options: StandaloneOptions = {}): Promise<Report> {
  checkFixture(fixture);
  const begin = performance.now();
  const plan = planRun(options, "30s");
  const subject = await openSubject(fixture);
  const reports = tellFindings(await runCases(fixture, plan, options));
  return {
    suite: suiteVersion(),
    subject: fixture.name,
    ...subject,
    seed: plan.seed,
    timeMs: plan.timeMs,
    tookMs: Math.round(performance.now() - begin),
    node: process.version,
    isWhole: reports.length === cases.length && !reports.some(({ isUnjudged }) => isUnjudged),
    counts: countOutcomes(reports),
    promises: judgePromises(reports),
    cases: reports,
  };
}

async function runCases(fixture: Fixture, plan: Plan, options: StandaloneOptions): Promise<CaseReport[]> {
  const { onProgress, signal } = options;
  using strays = new Strays();
  const reports: CaseReport[] = [];
  const ending = aborted(signal);
  const patience = new Patience();
  const tell = (rest: Pick<Progress, "running" | "last">): void =>
    onProgress?.({ done: reports.length, total: plan.chosen.length, failed: countOutcomes(reports).failed, ...rest });
  for (const subject of plan.chosen) {
    tell({ running: subject });
    const last = await Promise.race([runOne(fixture, subject, plan, { strays, patience }), ending]);
    if (last !== undefined) reports.push(last);
    if (last === undefined || signal?.aborted) break;
    tell({ last });
  }
  return reports;
}

async function runOne(
  fixture: Fixture,
  subject: Case,
  { seed, budget, replay }: Plan,
  { strays, patience }: { readonly strays: Strays; readonly patience: Patience },
): Promise<CaseReport> {
  const begin = performance.now();
  const settings = { replay, ...patience.settings };
  const result = await (subject.isOpenEnded
    ? budget.spend((budgetMs) => runCase(fixture, subject, seed, { budgetMs, ...settings }))
    : runCase(fixture, subject, seed, settings));
  patience.note(result);
  const stray = await strays.take();
  const { promise, scenarios = [], title, isOpenEnded } = subject;
  return {
    promise,
    scenarios,
    title,
    ...(isOpenEnded && { isOpenEnded }),
    tookMs: Math.round(performance.now() - begin),
    ...told(result),
    ...(result.outcome !== "failed" && stray !== undefined && { outcome: "failed", reason: stray, history: [] }),
  };
}

/** What became of a case, as plain data. */
function told(result: CaseOutcome): Pick<CaseReport, "outcome"> & Partial<CaseReport> {
  const { outcome } = result;
  if (outcome === "skipped") return { outcome, reason: result.reason };
  if (outcome === "passed") return { outcome, ...(result.counts && { counts: result.counts }) };
  const { late, message, history, replay, verb, field, script } = result;
  if (late?.isCut) return { outcome: "skipped", isUnjudged: true, reason: impatience(late), history };
  return {
    outcome,
    reason: message,
    history,
    ...(verb !== undefined && { verb }),
    ...(field !== undefined && { field }),
    ...(replay !== null && { replay }),
    ...(script !== undefined && { script }),
  };
}

/** Answers when a run that is ended early has waited long enough for the case that is running; else never. */
async function aborted(signal: AbortSignal | undefined): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) return undefined;
  signal?.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  await sleep(GRACE);
  return undefined;
}

function suiteVersion(): string {
  const manifest = createRequire(import.meta.url)("../package.json") as { version: string };
  return manifest.version;
}
