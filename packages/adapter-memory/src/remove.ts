import type { RemoveQuery } from "@anyqueue/api";
import type { Entry } from "./entry.ts";
import { merge } from "./merge.ts";
import { byFinish } from "./orders.ts";
import type { State } from "./state.ts";

type Retention = Exclude<RemoveQuery, { readonly ids: readonly string[] }>;

/** Removes jobs and their events, and tells how many (P26). */
export function remove(state: State, query: RemoveQuery): number {
  const entries = "ids" in query ? named(state, query.ids) : outdated(state, query);
  for (const entry of entries) state.remove(entry);
  return entries.length;
}

function named(state: State, ids: readonly string[]): Entry[] {
  return [...new Set(ids)].map((id) => state.jobs.get(id)).filter((entry) => entry !== undefined);
}

/** Jobs that finished long enough ago, the first to finish first. */
function outdated(state: State, { lane, states, olderThanMs, limit, now }: Retention): Entry[] {
  const latest = state.now(now) - olderThanMs;
  const own = lane === undefined ? undefined : state.jobs.lanes.get(lane);
  const lanes = lane === undefined ? state.jobs.lanes.values() : own ? [own] : [];
  const streams = [...lanes].flatMap(({ shelves }) =>
    [...new Set(states)].flatMap((name) => shelves.get(name)?.finished.after() ?? []),
  );
  const entries: Entry[] = [];
  for (const entry of merge<Entry>(streams, byFinish)) {
    if (entries.length >= limit || (entry.job.finishedAt ?? 0) > latest) break;
    entries.push(entry);
  }
  return entries;
}
