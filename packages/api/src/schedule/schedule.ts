import type { Job } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";
import type { JobInput } from "../store/job-input.ts";
import { definitionOf, type Missed, type Overlap } from "./definition.ts";
import { courseOf, PAUSED, SCHEDULED, TICKING, type Trouble } from "./tick.ts";
import type { Timetable } from "./when.ts";

/** The lane in which schedules live. */
export const LANE = "$schedules";

/** A schedule as it is now. Times are epoch milliseconds. */
export interface Schedule {
  readonly name: string;
  readonly when: Timetable;
  /** The type of its jobs. */
  readonly type: string;
  readonly payload: Json;
  /** With what options its jobs are added; `lane` is always among them. */
  readonly job: Omit<JobInput, "type" | "payload"> & { readonly lane: string };
  readonly missed: Missed;
  readonly overlap: Overlap;
  readonly paused: boolean;
  /** The tick it waits for; null while it is paused, and when it has ended. */
  readonly next: number | null;
  /** The newest tick that was made, and the id of its job: not there if its unique key was held, or it has been removed. */
  readonly last?: { readonly at: number; readonly job: string };
  /** The newest tick that was left out because the job of the one before was unfinished. */
  readonly skipped?: number;
  /** What keeps it from ticking. */
  readonly trouble?: Trouble;
}

/** The id of the job that a schedule is. */
export function scheduleId(name: string): string {
  return `${LANE}:${name}`;
}

/** The name of a schedule by the id of its job. */
export function nameOf(id: string): string {
  return id.slice(LANE.length + 1);
}

/** Whether it ticks: it has neither ended nor been paused. */
export function isLive({ state }: Pick<Job, "state">): boolean {
  return state === SCHEDULED || state === TICKING;
}

/** Whether a job of the lane can be read as a schedule; anybody may put anything there. */
export function isSchedule({ payload }: Pick<Job, "payload">): boolean {
  const { when, job } = (payload ?? {}) as { readonly [field: string]: unknown };
  return typeof when === "object" && when !== null && typeof job === "object" && job !== null;
}

/** The schedule that a job of the lane stands for. */
export function scheduleOf(stored: Job): Schedule {
  const { when, missed, overlap, job } = definitionOf(stored);
  const { next, last, skipped, trouble } = courseOf(stored);
  const { type, payload, ...options } = job;
  return {
    name: nameOf(stored.id),
    when,
    type,
    payload: payload as Json,
    job: options,
    missed,
    overlap,
    paused: stored.state === PAUSED,
    next: isLive(stored) ? (next ?? null) : null,
    ...(last !== undefined && { last }),
    ...(skipped !== undefined && { skipped }),
    ...(trouble !== undefined && { trouble }),
  };
}
