import { isTerminal, keptFor, type RemoveQuery } from "@anyqueue/api";
import { byEnd, byInsertion, sorted } from "./orders.ts";
import { type Row, sparedIds, type World } from "./world.ts";

type Retention = Extract<RemoveQuery, { readonly keep: unknown }>;

/** The finished jobs that a removal means, those that finished first first (P26). */
export function outdated(world: World, query: Exclude<RemoveQuery, { readonly ids: unknown }>): Row[] {
  const { now = Date.now(), lane, limit } = query;
  const finished = sorted(world, byEnd).filter(
    ({ job }) => isTerminal(job.state) && (lane === undefined || job.lane === lane),
  );
  const isOld = "keep" in query ? overdue(query, finished, now) : aged(query, now);
  const spared = sparedIds(world);
  return finished.filter((row) => isOld(row) && !spared.has(row.job.id)).slice(0, limit);
}

function aged(query: Exclude<RemoveQuery, { readonly ids: unknown } | Retention>, now: number) {
  const states: readonly string[] = query.states;
  return ({ job }: Row): boolean => states.includes(job.state) && (job.finishedAt ?? now) <= now - query.olderThanMs;
}

function overdue({ keep }: Retention, finished: readonly Row[], now: number) {
  const byAge = finished.toSorted((a, b) => (a.job.finishedAt ?? 0) - (b.job.finishedAt ?? 0) || byInsertion(a, b));
  const beyond = new Set(keep.count === undefined ? [] : byAge.slice(0, Math.max(0, byAge.length - keep.count)));
  return (row: Row): boolean => {
    const kept = keptFor(row.job, keep);
    return beyond.has(row) || (kept !== undefined && (row.job.finishedAt ?? now) + (kept || 0) <= now);
  };
}
