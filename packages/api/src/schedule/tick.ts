import type { Settings } from "../contract/change.ts";
import type { Job } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";
import type { JobInput } from "../store/job-input.ts";
import type { Definition } from "./definition.ts";
import { dueTicks } from "./due-ticks.ts";
import { tickId } from "./scheduled-for.ts";
import { tickerOf } from "./when.ts";

/** A schedule that waits for its next tick. */
export const SCHEDULED = "$scheduled";
/** Some process is just adding the jobs of its tick. */
export const TICKING = "$ticking";
/** An operator has paused it. */
export const PAUSED = "$paused";

/** How far a schedule has come; kept beside its definition, as the `progress` of its job. */
export interface Course {
  /** The first tick about which nothing was decided yet; absent until it has been worked out, null when there is none. */
  readonly next?: number | null;
  /** The newest tick that has a job, and that job. */
  readonly last?: { readonly at: number; readonly job: string };
  /** The newest tick that was left out because the job before was unfinished. */
  readonly skipped?: number;
  /** What keeps it from ticking. */
  readonly trouble?: Trouble;
}

/** What kept a schedule from ticking, and when, in epoch milliseconds. */
export interface Trouble {
  readonly at: number;
  readonly message: string;
}

/** What one step of a schedule is: what becomes of it, and the jobs to add in the same step. */
export interface Step {
  readonly set: Settings;
  readonly spawn: readonly JobInput[];
}

/** Jobs that one step adds at most; what is left comes with the next. */
const MOST_JOBS = 100;
/** What the jobs of one step may hold together, in characters of JSON. */
const MOST_TEXT = 4_000_000;

/** How long a schedule that cannot tick is left alone, in milliseconds, so that it is in nobody's way. */
const REST = 60_000;

/** How far a schedule has come. */
export function courseOf({ progress }: Pick<Job, "progress">): Course {
  return (progress ?? {}) as Course;
}

/** Waits for the first tick after now; what passed before is not made up for. A schedule without any has ended. */
export function planned({ when }: Definition, course: Course, now: number): Settings {
  return waitFor(tickerOf(when)(now), course);
}

/**
 * What a tick comes to (of a schedule that is due, at a time of the store's clock): the jobs that it adds, and the tick to
 * wait for then, in one change, so that there is exactly one job per tick. Pure.
 */
export function tick(name: string, definition: Definition, course: Course, now: number, isBusy: boolean): Step {
  if (course.next === undefined) return { set: planned(definition, course, now), spawn: [] };
  // Woken before its time, by somebody who changed `runAt`.
  if (course.next === null || course.next > now) return { set: waitFor(course.next, course), spawn: [] };
  const { ticks, next } = dueTicks(definition, course.next, now);
  const newest = ticks.at(-1);
  if (newest === undefined) return { set: waitFor(next, course), spawn: [] };
  if (isBusy) return { set: waitFor(next, { ...course, skipped: newest }), spawn: [] };

  const batch = ticks.slice(0, roomFor(definition));
  const at = batch.at(-1) ?? newest;
  const last = { at, job: tickId(definition.job.lane, name, at) };
  const set = waitFor(ticks[batch.length] ?? next, { ...course, last });
  return { set, spawn: batch.map((each) => jobAt(name, definition, each)) };
}

/** What becomes of a schedule that cannot tick: it is tried again after a while, and tells why. */
export function troubled(course: Course, message: string, at: number): Settings {
  return { state: SCHEDULED, delayMs: REST, attempt: 0, progress: asProgress({ ...course, trouble: { message, at } }) };
}

/** Begins anew with the first tick from now, once that has been worked out. */
export function anew({ last, skipped, trouble }: Course): Settings {
  return { state: SCHEDULED, delayMs: 0, attempt: 0, progress: asProgress({ last, skipped, trouble }) };
}

function waitFor(next: number | null, { last, skipped }: Course): Settings {
  const progress = asProgress({ next, last, skipped });
  if (next === null) return { state: "completed", progress };
  return { state: SCHEDULED, runAt: next, attempt: 0, progress };
}

/** Without what is absent, which JSON does not have. */
function asProgress(course: { readonly [Field in keyof Course]: Course[Field] | undefined }): Json {
  return Object.fromEntries(Object.entries(course).filter(([, value]) => value !== undefined)) as Json;
}

function jobAt(name: string, { job }: Definition, at: number): JobInput {
  return { ...job, id: tickId(job.lane, name, at), runAt: at };
}

function roomFor({ job }: Definition): number {
  return Math.max(1, Math.min(MOST_JOBS, Math.floor(MOST_TEXT / (JSON.stringify(job).length + 1000))));
}
