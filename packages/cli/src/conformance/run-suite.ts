import {
  type Fixture,
  type Progress,
  type Report,
  type RunOptions,
  runStandalone,
  titleOf,
} from "@anyqueue/conformance";
import type { Output } from "../output/output.ts";
import { humanDuration } from "../output/durations.ts";
import { progressOn } from "../output/progress.ts";

/** Runs the suite and shows how far it has come: the promises that are broken so far, and the case that is running. */
export async function runSuite(
  fixture: Fixture,
  options: RunOptions,
  signal: AbortSignal,
  output: Output,
): Promise<Report> {
  const progress = progressOn();
  const broken = new Set<string>();
  const begin = performance.now();
  let current = "";
  const onProgress = ({ done, total, running, last }: Progress): void => {
    if (last?.outcome === "failed") broken.add(last.promise);
    if (running) current = titleOf(running);
    if (done === 0) progress.begin(`Testing ${fixture.name}`, total);
    const found = broken.size > 0 ? `✗ ${[...broken].join(" ")} ` : "";
    // A bar has its own clock.
    const clock = process.stderr.isTTY ? "" : `· ${humanDuration(performance.now() - begin)} `;
    progress.update(done, `${clock}${found}· ${current}`);
  };
  progress.begin(`Opening ${fixture.name}`);
  // A broken adapter troubles the workers of many cases. The report says it better than warnings across the progress.
  const printing = process.listeners("warning");
  process.removeAllListeners("warning");
  try {
    return await runStandalone(fixture, { ...options, signal, onProgress });
  } finally {
    progress.end();
    for (const print of printing) process.on("warning", print);
    if (signal.aborted) output.note(`Interrupted in the case: ${current}`);
  }
}
