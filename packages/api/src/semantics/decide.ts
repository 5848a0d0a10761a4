import type { CasOutcome, Change, Expectation, Settings } from "../contract/change.ts";
import type { JobEvent } from "../contract/event.ts";
import type { Job } from "../contract/job.ts";
import { isTerminal } from "../contract/names.ts";
import { matches } from "./matches.ts";
import { type JobDraft, shapeJob } from "./shape.ts";

type OkOutcome = Extract<CasOutcome, { status: "ok" }>;
type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** What one change comes to: the outcome and, if it is `ok`, the job to write and the events to append. */
export type Decision =
  | { readonly outcome: Exclude<CasOutcome, { status: "ok" }>; readonly job?: undefined }
  | {
      readonly outcome: OkOutcome;
      /** The job as it is to be stored. */
      readonly job: Job;
      /** `moved` events among them are for lanes with `history: "all"` only. */
      readonly events: readonly JobEvent[];
      /** A renewal changes neither order nor version, so only the lease has to be written. */
      readonly renewal: boolean;
      /** The job takes a new place at the end of the insertion order. */
      readonly requeue: boolean;
    };

/**
 * Decides a compare-and-set against the job as it is stored (P12, P13, P14, P21). Adapters that decide in
 * JavaScript call this inside their transaction; those that decide elsewhere have to come to the same answers.
 */
export function decide(job: Job | null, change: Change, now: number): Decision {
  if (job === null) return { outcome: { status: "missing" } };
  const { expect, set } = change;
  const held = isHeld(job, now);
  if (expect.token !== undefined && !(held && job.token === expect.token)) return refuse("stale", job);
  if (!holds(expect, job)) return refuse("conflict", job);
  if (set.leaseMs !== undefined && !held) return refuse("conflict", job);
  if (set.cancel && isTerminal(job.state)) return refuse("conflict", job);

  const renewal = isRenewal(change);
  const next = renewal ? renew(job, now + (set.leaseMs ?? 0)) : apply(job, set, held, now);
  // Who cancels learns whether the holder has to stop first; everybody else, whether it had been asked to.
  const asked = set.cancel ? next.cancelRequested : job.cancelRequested;
  const outcome: Draft<OkOutcome> = { status: "ok", version: next.version };
  if (asked) outcome.cancelRequested = true;
  if (change.spawn) outcome.spawned = change.spawn.map((child) => child.id);
  return {
    outcome,
    job: next,
    events: eventsOf(job, next, change, now),
    renewal,
    requeue: set.requeue === true,
  };
}

/** True while the job's lease lives. */
export function isHeld(job: Pick<Job, "lease">, now: number): boolean {
  return job.lease !== undefined && job.lease.until > now;
}

/** True for a change that does nothing but prolong a lease. */
export function isRenewal(change: Change): boolean {
  const { set } = change;
  if (set.leaseMs === undefined || change.event !== undefined || change.spawn !== undefined) return false;
  for (const field in set) if (field !== "leaseMs" && set[field as keyof Settings] !== undefined) return false;
  return true;
}

function refuse(status: "stale" | "conflict", job: Job): Decision {
  return { outcome: { status, state: job.state, token: job.token, version: job.version } };
}

function holds(expect: Expectation, job: Job): boolean {
  const { state, version, where } = expect;
  if (state !== undefined && (typeof state === "string" ? state !== job.state : !state.includes(job.state)))
    return false;
  if (version !== undefined && version !== job.version) return false;
  return where === undefined || matches(where, job);
}

function renew(job: Job, until: number): Job {
  return job.lease === undefined ? job : { ...job, lease: { ...job.lease, until } };
}

function apply(job: Job, set: Settings, held: boolean, now: number): Job {
  const next: JobDraft = { ...job, version: job.version + 1, updatedAt: now };
  if (set.priority !== undefined) next.priority = set.priority;
  if (set.runAt !== undefined) next.runAt = set.runAt;
  if (set.delayMs !== undefined) next.runAt = now + set.delayMs;
  if (set.progress !== undefined) next.progress = set.progress;
  if (set.payload !== undefined) next.payload = set.payload;
  if (set.error !== undefined) next.error = set.error;
  if (set.leaseMs !== undefined && next.lease) next.lease = { ...next.lease, until: now + set.leaseMs };
  if (set.cancel && held) next.cancelRequested = true;
  if (set.unique === null) next.unique = undefined;

  const state = set.cancel && !held ? "cancelled" : set.state;
  if (state !== undefined) move(next, state, set.leaseMs !== undefined, now);
  if (set.attempt !== undefined) next.attempt = set.attempt;
  if (set.result !== undefined) next.result = set.result;
  return shapeJob(next);
}

function move(job: JobDraft, state: string, keepsLease: boolean, now: number): void {
  const home = job.lease?.from ?? job.state;
  if (isTerminal(job.state)) {
    job.result = undefined;
    job.finishedAt = undefined;
  }
  if (keepsLease) {
    job.state = state;
    return;
  }
  // A job that was asked to stop and is given back does not start again (P21).
  job.state = job.cancelRequested && !isTerminal(state) ? "cancelled" : state;
  job.lease = undefined;
  job.cancelRequested = undefined;
  if (isTerminal(job.state)) job.finishedAt = now;
  else if (job.state !== home) job.attempt = 0;
}

function eventsOf(before: Job, after: Job, change: Change, now: number): JobEvent[] {
  const { id } = before;
  const events: JobEvent[] = [];
  if (change.set.error !== undefined) events.push({ id, at: now, kind: "failed", error: change.set.error });
  if (before.state !== after.state) events.push(movedEvent(before, after, now));
  if (change.event !== undefined) events.push({ id, at: now, kind: "user", data: change.event });
  return events;
}

/** What `history: "all"` records of a step: its transition, if it changed the state (P22). */
export function movedEvents(before: Job, after: Job, now: number): JobEvent[] {
  return after.state === before.state ? [] : [movedEvent(before, after, now)];
}

/** The transition that `history: "all"` records, with the holder after it or, if it gave the job up, before it (P22). */
export function movedEvent(before: Job, after: Job, now: number): JobEvent {
  const holder = after.lease?.holder ?? before.lease?.holder;
  const event: JobEvent = { id: before.id, at: now, kind: "moved", from: before.state, to: after.state };
  return holder === undefined ? event : { ...event, holder };
}
