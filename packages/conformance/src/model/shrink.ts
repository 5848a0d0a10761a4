import { simplerVersions } from "./simpler.ts";
import type { Step } from "./step.ts";

/** Tells what of a script still shows the fault: the steps up to there, or null. */
export type Retry<F> = (steps: readonly Step[]) => Promise<F | null>;

/**
 * The shortest script found, within the time given, that still shows a fault: first without whole runs of steps (the idea
 * is that of delta debugging, A. Zeller 1999), then with simpler steps. Answers null if the script shows it no more.
 */
export async function shrink<F extends { readonly steps: readonly Step[] }>(
  steps: readonly Step[],
  retry: Retry<F>,
  deadline: number,
): Promise<F | null> {
  const first = await retry(steps);
  if (first === null) return null;
  let best: F = first;
  const attempt = async (smaller: readonly Step[]): Promise<boolean> => {
    if (performance.now() > deadline) return false;
    const found = await retry(smaller);
    if (found) best = found;
    return found !== null;
  };

  for (let isBetter = true; isBetter && performance.now() <= deadline;) {
    const before = sizeOf(best.steps);
    for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
      // From the end, so that what a step needs goes after it.
      for (let at = best.steps.length - size; at > -size; at -= size) {
        const start = Math.max(0, at);
        if (start < best.steps.length) await attempt(best.steps.toSpliced(start, size));
      }
    }
    for (let i = best.steps.length - 1; i >= 0; i--) await simplify(i);
    isBetter = sizeOf(best.steps) < before;
  }
  return best;

  /** Makes one step as simple as it can be. */
  async function simplify(i: number): Promise<void> {
    for (let isSimpler = true; isSimpler && performance.now() <= deadline;) {
      isSimpler = false;
      for (const step of simplerVersions(best.steps[i] as Step)) {
        if (!(await attempt(best.steps.with(i, step)))) continue;
        isSimpler = true;
        break;
      }
      if (i >= best.steps.length) return;
    }
  }
}

function sizeOf(steps: readonly Step[]): number {
  return JSON.stringify(steps).length;
}
