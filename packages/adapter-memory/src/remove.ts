import { TERMINAL_STATES } from "@anyqueue/api";
import type { RemoveQuery } from "@anyqueue/api";
import type { Entry } from "./entry.ts";
import { merge } from "./merge.ts";
import { byFinish } from "./orders.ts";
import type { State } from "./state.ts";

type ByAge = Extract<RemoveQuery, { readonly olderThanMs: number }>;
type Retention = Extract<RemoveQuery, { readonly keep: unknown }>;
type Test = (entry: Entry) => boolean;

/** Removes jobs and their events, and tells how many (P26). */
export function remove(state: State, query: RemoveQuery): number {
  const now = state.now(query.now);
  const entries = "ids" in query ? named(state, query.ids) : finished(state, query, now);
  state.remove(entries, now);
  return entries.length;
}

function named(state: State, ids: readonly string[]): Entry[] {
  return [...new Set(ids)].map((id) => state.jobs.get(id)).filter((entry) => entry !== undefined);
}

/** Those that are meant, the first to finish first; but none on which an unfinished job depends (P20). */
function finished(state: State, query: ByAge | Retention, now: number): Entry[] {
  const isFree: Test = ({ job }) => !state.jobs.dependencies.isNeeded(job.id);
  return first(query.limit, "keep" in query ? outlived(state, query, now, isFree) : aged(state, query, now), isFree);
}

/** Jobs that finished long enough ago. */
function* aged(state: State, { lane, states, olderThanMs }: ByAge, now: number): Generator<Entry, void, undefined> {
  const lanes = lane === undefined ? [...state.jobs.lanes.values()] : [state.jobs.lanes.get(lane)];
  const shelves = lanes.flatMap((each) => [...new Set(states)].map((name) => each?.shelves.get(name)));
  for (const entry of merge<Entry>(
    shelves.map((shelf) => shelf?.finished.after() ?? []),
    byFinish,
  )) {
    if ((entry.job.finishedAt ?? 0) > now - olderThanMs) return;
    yield entry;
  }
}

/** Jobs beyond the lane's `count` newest, and behind them those that have been kept as long as they, or else the lane, say. */
function* outlived(
  state: State,
  { lane, keep, limit }: Retention,
  now: number,
  isFree: Test,
): Generator<Entry, void, undefined> {
  const shelves = state.jobs.lanes.get(lane)?.shelves;
  const archives = TERMINAL_STATES.flatMap((name) => {
    const archive = shelves?.get(name)?.finished;
    return archive ? { archive, keptMs: keep[name] || 0 } : [];
  });

  const total = archives.reduce((sum, { archive }) => sum + archive.size, 0);
  let excess = total - (keep.count ?? total);
  let place: Entry | undefined;
  for (const entry of merge<Entry>(
    archives.map(({ archive }) => archive.after()),
    byFinish,
  )) {
    if (excess-- <= 0) break;
    yield (place = entry);
  }

  const isNew: Test = (entry) => isFree(entry) && (place === undefined || byFinish.compare(entry, place) > 0);
  const streams = archives.flatMap(({ archive, keptMs }) => [
    archive.commonUntil(now - keptMs, place),
    first(limit, archive.ownExpired(now), isNew).toSorted(byFinish.compare),
  ]);
  yield* merge<Entry>(streams, byFinish);
}

function first(limit: number, entries: Iterable<Entry>, fits: Test): Entry[] {
  const some: Entry[] = [];
  for (const entry of entries) {
    if (some.length >= limit) break;
    if (fits(entry)) some.push(entry);
  }
  return some;
}
