import {
  compareAdapters,
  type ComparisonProgress,
  type Fixture,
  type Look,
  renderComparison,
} from "@anyqueue/conformance";
import { EXIT } from "../exit-code.ts";
import type { Output } from "../output/output.ts";
import { progressOn } from "../output/progress.ts";
import { countOf } from "../output/table.ts";
import { readReplay } from "./replay-option.ts";
import type { ConformanceFlags } from "./flags.ts";

/** Where a comparison tells what it comes to, and what ends it early. */
interface Surroundings {
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly look: Look;
}

/** Gives two adapters the same calls, and tells where their answers differ. Answers the exit code. */
export async function compare(
  subject: Fixture,
  reference: Fixture,
  { time, seed, replay }: ConformanceFlags,
  { output, signal, look }: Surroundings,
): Promise<number> {
  const progress = progressOn();
  progress.begin(`Comparing ${subject.name} with ${reference.name}`);
  const onProgress = ({ scripts, differences, about }: ComparisonProgress): void => {
    const found = differences > 0 ? ` ✗ ${countOf(differences, "difference")}` : "";
    progress.update(scripts, `scripts${found} · ${about}`);
  };
  const comparison = await compareAdapters(subject, reference, {
    signal,
    onProgress,
    ...(time !== undefined && { time }),
    ...(seed !== undefined && { seed }),
    ...(replay !== undefined && { replay: await readReplay(replay) }),
  }).finally(() => progress.end());
  output.result(comparison, renderComparison(comparison, look));
  return comparison.differences.length > 0 ? EXIT.failed : EXIT.ok;
}
