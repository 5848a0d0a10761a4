import type { Rows } from "./rows.ts";
import { Step } from "./step.ts";
import { ask, type Work } from "./work.ts";

/** One verb, from what the store has to what follows. To be run within a transaction that nothing comes between (P1, P6). */
export function* inStep<T>(rows: Rows, now: number, verb: (step: Step) => Work<T>): Work<T> {
  const beginning = yield* ask(rows.begin());
  const step = new Step(rows, beginning, now);
  const answer = yield* verb(step);
  yield* step.giveTurns();
  // Nothing is written by a step that has changed nothing, such as the poll of a worker that has nothing to do.
  if (step.counter > beginning.counter) yield* ask(rows.saveCounter(step.counter));
  if (step.hints.length > 0) yield* ask(rows.tell(step.hints));
  return answer;
}
