import type { AppendOutcome, NewEvent } from "../contract/index.ts";
import { isHeld } from "../semantics/index.ts";
import type { Step } from "./step.ts";
import { ask, type Work } from "./work.ts";

/** Adds what users say to the logs of jobs, with a token while that lease lives (P13, P22). */
export function* append(step: Step, events: readonly NewEvent[]): Work<AppendOutcome[]> {
  const stored = yield* ask(step.rows.byId(events.map(({ id }) => id)));
  const known = new Map(stored.map((row) => [row.id, row]));
  return events.map(({ id, event, token }) => {
    const row = known.get(id);
    if (!row) return { status: "missing" };
    const isHolder = isHeld(row.job, step.now) && row.job.token === token;
    if (token !== undefined && !isHolder) return { status: "stale" };
    step.say(row, event);
    return { status: "ok" };
  });
}
