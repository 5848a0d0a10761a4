import { isHeld } from "@anyqueue/api";
import type { AppendOutcome, At, NewEvent } from "@anyqueue/api";
import type { State } from "./state.ts";

/** Adds user events to the logs of jobs; with a token, only while its lease lives (P22). */
export function append(state: State, entries: readonly NewEvent[], at: At): AppendOutcome[] {
  const now = state.now(at.now);
  return entries.map(({ id, event, token }) => {
    const entry = state.jobs.get(id);
    if (entry === undefined) return { status: "missing" };
    const { job } = entry;
    if (token !== undefined && !(isHeld(job, now) && job.token === token)) return { status: "stale" };
    state.note(entry, { id, at: now, kind: "user", data: event });
    return { status: "ok" };
  });
}
