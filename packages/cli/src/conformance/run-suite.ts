import type { Fixture, Progress, Report, RunOptions } from "@anyqueue/conformance";
import { progressOn } from "../output/progress.ts";

/** Runs the suite and shows how far it has come: the promises that are broken so far, and the case that is running. */
export async function runSuite(fixture: Fixture, options: RunOptions, signal: AbortSignal): Promise<Report> {
  const { runStandalone } = await import("@anyqueue/conformance");
  const progress = progressOn();
  const broken = new Set<string>();
  const onProgress = ({ done, total, running, last }: Progress): void => {
    if (last?.outcome === "failed") broken.add(last.promise);
    if (done === 0) progress.begin(`Testing ${fixture.name}`, total);
    const found = broken.size > 0 ? `✗ ${[...broken].join(" ")} ` : "";
    progress.update(done, `${found}${running ? `· ${running.promise} ${running.title}` : ""}`);
  };
  progress.begin(`Opening ${fixture.name}`);
  try {
    return await runStandalone(fixture, { ...options, signal, onProgress });
  } finally {
    progress.end();
  }
}
