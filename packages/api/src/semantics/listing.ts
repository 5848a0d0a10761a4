import type { Job } from "../contract/job.ts";
import { isTerminal } from "../contract/names.ts";
import type { JobQuery } from "../contract/query.ts";
import { matches } from "./matches.ts";
import { matchesTypes } from "./type-pattern.ts";

/** The state as lists show it: a waiting job that is not due yet is `delayed`, also while somebody holds it (P7). */
export function shownState({ state, runAt }: Pick<Job, "state" | "runAt">, now: number): string {
  return state === "waiting" && runAt > now ? "delayed" : state;
}

/** The state as `lanes` counts it: as lists show it, but a waiting job that somebody holds is not `delayed` (P19). */
export function countedState(job: Pick<Job, "state" | "runAt" | "lease">, now: number): string {
  return job.lease === undefined ? shownState(job, now) : job.state;
}

/** Whether a list shows a job, wherever its page begins and ends. */
export function isListed(job: Job, query: JobQuery, now: number): boolean {
  const { lanes, states, types, group, where, order } = query;
  if (order === "finished" && !isTerminal(job.state)) return false;
  if (lanes && !lanes.includes(job.lane)) return false;
  if (states && !states.includes(shownState(job, now))) return false;
  if (group !== undefined && group !== job.group) return false;
  return matchesTypes(types, job.type) && (!where || matches(where, job));
}
