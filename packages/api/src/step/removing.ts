import type { RemoveQuery } from "../contract/index.ts";
import type { Step } from "./step.ts";
import { ask, type Work } from "./work.ts";

/** Removes jobs by id, or those that have outlived their time, and tells how many (P26). */
export function* remove(step: Step, query: RemoveQuery): Work<number> {
  const { rows, now } = step;
  const doomed = yield* ask("ids" in query ? rows.byId(query.ids) : rows.outdated(query, now));
  yield* step.remove(doomed);
  return doomed.length;
}
