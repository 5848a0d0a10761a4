import { createRequire } from "node:module";
import type { Capabilities } from "@anyqueue/api";
import type { Case, PromiseNumber } from "./case.ts";
import { cases } from "./cases/index.ts";
import type { Fixture } from "./fixture.ts";
import { runCase } from "./run-case.ts";
import { defaultSeed } from "./seed.ts";

/** What became of one case, as plain data. */
export interface CaseReport {
  readonly promise: PromiseNumber;
  readonly scenarios: readonly string[];
  readonly title: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why it was skipped, or how the promise is broken. */
  readonly reason?: string;
}

/** What became of a run, as plain data. */
export interface Report {
  /** The version of the suite. */
  readonly suite: string;
  readonly adapter: string;
  readonly capabilities: Capabilities;
  /** Give it again to repeat the random cases. */
  readonly seed: number;
  readonly counts: { readonly passed: number; readonly failed: number; readonly skipped: number };
  readonly cases: readonly CaseReport[];
}

/** How far a run has come. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly last: CaseReport;
}

export interface StandaloneOptions {
  /** Only the cases of these promises, such as `P13`. */
  readonly only?: readonly string[];
  readonly seed?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** Runs the suite without a test runner, one case after the other. Never throws because of a failed case. */
export async function runStandalone(fixture: Fixture, options: StandaloneOptions = {}): Promise<Report> {
  const { only, seed = defaultSeed(), onProgress } = options;
  const chosen = only === undefined ? cases : cases.filter((subject) => only.includes(subject.promise));
  const reports: CaseReport[] = [];
  for (const subject of chosen) {
    const last = await report(fixture, subject, seed);
    reports.push(last);
    onProgress?.({ done: reports.length, total: chosen.length, last });
  }
  const count = (outcome: CaseReport["outcome"]) => reports.filter((each) => each.outcome === outcome).length;
  return {
    suite: suiteVersion(),
    ...(await describeSubject(fixture)),
    seed,
    counts: { passed: count("passed"), failed: count("failed"), skipped: count("skipped") },
    cases: reports,
  };
}

async function report(fixture: Fixture, subject: Case, seed: number): Promise<CaseReport> {
  const { promise, scenarios = [], title } = subject;
  const result = await runCase(fixture, subject, seed);
  const named = { promise, scenarios, title, outcome: result.outcome };
  if (result.outcome === "passed") return named;
  return { ...named, reason: result.outcome === "skipped" ? result.reason : messageOf(result.error) };
}

/** Capabilities are valid once a store is open, so one is opened to read them. */
async function describeSubject(fixture: Fixture): Promise<{ adapter: string; capabilities: Capabilities }> {
  const adapter = await fixture.open();
  try {
    await adapter.open();
    return { adapter: adapter.name, capabilities: { ...adapter.capabilities } };
  } finally {
    await adapter.close();
    await fixture.dispose?.(adapter);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function suiteVersion(): string {
  const manifest = createRequire(import.meta.url)("../package.json") as { version: string };
  return manifest.version;
}
