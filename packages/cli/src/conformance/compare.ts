import {
  compareAdapters,
  type Comparison,
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

/** How long two adapters are compared when nobody says, in milliseconds. */
const TIME = 30_000;

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
  { time = TIME, seed, replay }: ConformanceFlags,
  { output, signal, look }: Surroundings,
): Promise<number> {
  const progress = progressOn();
  progress.begin(`Comparing ${subject.name} with ${reference.name}`);
  const onProgress = ({ scripts, differences, about }: ComparisonProgress): void => {
    const found = differences > 0 ? ` ✗ ${countOf(differences, "difference")}` : "";
    progress.update(scripts, `scripts${found} · ${about}`);
  };
  const comparison = await compareAdapters(subject, reference, {
    time,
    signal,
    onProgress,
    ...(seed !== undefined && { seed }),
    ...(replay !== undefined && { replay: await readReplay(replay) }),
  }).finally(() => progress.end());
  output.result(dataOf(comparison), renderComparison(comparison, look));
  return comparison.differences.length > 0 ? EXIT.failed : EXIT.ok;
}

function dataOf({ differences, ...rest }: Comparison): unknown {
  return {
    ...rest,
    differences: differences.map(({ message, history, replay, taste, steps }) => ({
      about: taste,
      reason: message,
      history,
      replay,
      script: { taste, steps },
    })),
  };
}
