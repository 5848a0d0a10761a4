import { type BackendChoice, showBackend } from "../backend.ts";
import { humanDuration } from "../output/durations.ts";
import { printable } from "../output/printable.ts";
import { countOf, pairs, withThousands } from "../output/table.ts";
import type { DemoOptions, DemoReport } from "./demo.ts";

/** Every file has exactly one job that completed. */
export function isComplete({ files, sums, failed, missing, repeated, unreadable, jobs }: DemoReport): boolean {
  const losses = failed.length + missing.length + repeated.length + unreadable.length;
  return losses === 0 && sums.length === files && jobs === files;
}

/** The report as JSON. */
export function reportData(report: DemoReport, options: DemoOptions): unknown {
  const { sums, latencyMs, addMs, workMs, ...rest } = report;
  return {
    dir: options.dir,
    out: options.out.path,
    backend: showBackend(options.backend ?? FRESH),
    workers: options.workers,
    ...rest,
    completed: sums.length,
    seconds: { add: round(addMs / 1000), work: round(workMs / 1000) },
    jobsPerSecond: Math.round(sums.length / (workMs / 1000)),
    latencyMs,
  };
}

const FRESH: BackendChoice = "sqlite:";

/** The report as a short table, with the troubles, if any, below it. */
export function reportText(report: DemoReport, options: DemoOptions): string {
  const { jobs, sums, failed, attempts, rescued, kills, addMs, workMs, latencyMs } = report;
  const ended = `${withThousands(sums.length)} completed${failed.length > 0 ? `, ${withThousands(failed.length)} failed` : ""}`;
  const rows: [string, string | number][] = [
    ["jobs", `${withThousands(jobs)} (${ended})`],
    ["attempts", attempts],
    [
      "rescued",
      kills === 0
        ? "none, as no worker was killed"
        : `${withThousands(rescued)} after ${countOf(kills, "kill")} by SIGKILL`,
    ],
    ["time", `${humanDuration(addMs)} to add, ${humanDuration(workMs)} to hash with ${options.workers} workers`],
    ["jobs/s", Math.round(sums.length / (workMs / 1000))],
    ["latency p50", `${humanDuration(latencyMs.p50)} from adding to finishing`],
    ["latency p95", humanDuration(latencyMs.p95)],
    ["written", options.out.path],
  ];
  return [pairs(rows), ...troubles(report)].join("\n");
}

const SHOWN = 20;

function troubles({ failed, missing, repeated, unreadable }: DemoReport): string[] {
  return [
    ...list("could not be hashed", failed),
    ...list("could not be listed", unreadable),
    ...list(
      "have no result",
      missing.map((path) => ({ path })),
    ),
    ...list(
      "came out twice",
      repeated.map((path) => ({ path })),
    ),
  ];
}

function list(what: string, items: readonly { readonly path: string; readonly error?: string }[]): string[] {
  if (items.length === 0) return [];
  const lines = items
    .slice(0, SHOWN)
    .map(({ path, error }) => `  ${printable(path)}${error === undefined ? "" : `: ${printable(error)}`}`);
  const more = items.length > SHOWN ? [`  … and ${withThousands(items.length - SHOWN)} more (all with --json)`] : [];
  return ["", `${withThousands(items.length)} ${what}:`, ...lines, ...more];
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
