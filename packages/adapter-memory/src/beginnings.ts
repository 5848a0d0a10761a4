import { fateOf } from "@anyqueue/api";
import type { NewJob } from "@anyqueue/api";

/** How a job that depends on others begins (P20). */
export interface Beginning {
  readonly state: "waiting" | "blocked" | "cancelled";
  /** What a blocked job waits for. */
  readonly missing: readonly string[];
}

/**
 * How those jobs of a call begin that depend on others. They are judged as if all of the call were stored already, so their
 * order in it does not matter; `storedStateOf` answers null for a job that is not kept.
 */
export function beginnings(
  jobs: ReadonlyMap<string, NewJob>,
  storedStateOf: (id: string) => string | null,
): ReadonlyMap<string, Beginning> {
  const dependent = [...jobs.values()].filter(({ dependsOn }) => dependsOn !== undefined);
  const dependentsOf = groupByDependency(dependent);
  const cancelled = new Set<string>();
  const stateOf = (id: string): string | null => {
    const job = jobs.get(id);
    if (job === undefined) return storedStateOf(id);
    return cancelled.has(id) ? "cancelled" : job.dependsOn ? "blocked" : job.state;
  };
  const fateOfBy = ({ onParent }: NewJob, id: string): string => fateOf(stateOf(id), onParent);

  for (const job of dependent) if (job.dependsOn?.some((id) => fateOfBy(job, id) === "cancel")) cancelled.add(job.id);
  // The set grows while it is walked, and so down the graph.
  for (const id of cancelled) {
    for (const job of dependentsOf.get(id) ?? []) if (fateOfBy(job, id) === "cancel") cancelled.add(job.id);
  }
  const answer = new Map<string, Beginning>();
  for (const job of dependent) {
    const isOver = cancelled.has(job.id);
    const missing = isOver ? [] : (job.dependsOn ?? []).filter((id) => fateOfBy(job, id) === "wait");
    answer.set(job.id, { state: isOver ? "cancelled" : missing.length > 0 ? "blocked" : "waiting", missing });
  }
  return answer;
}

function groupByDependency(jobs: readonly NewJob[]): ReadonlyMap<string, readonly NewJob[]> {
  const groups = new Map<string, NewJob[]>();
  for (const job of jobs) {
    for (const id of job.dependsOn ?? []) {
      const group = groups.get(id);
      if (group) group.push(job);
      else groups.set(id, [job]);
    }
  }
  return groups;
}
