import { type CasOutcome, type Change, type InsertOutcome, isTerminal, type Job, type NewJob } from "@anyqueue/api";
import type { Call } from "./call.ts";
import { callsOfJob, idsIn } from "./calls-of-job.ts";
import { Counterexample } from "./counterexample.ts";
import { describeCalls } from "./describe-call.ts";

/** What a history comes to. */
export interface Totals {
  readonly calls: number;
  /** Jobs whose insert was acknowledged. */
  readonly acknowledged: number;
  /** Jobs that nobody was told of and that are there all the same: an answer was lost. */
  readonly unheard: number;
  /** How often a job was given out to be worked on. */
  readonly runs: number;
  /** Runs beyond the first of a job. */
  readonly again: number;
  /** How often a lease ended and was taken over. */
  readonly takenOver: number;
}

/**
 * Holds what is stored in the end against all that was said: every acknowledged job is there once and has ended, unless
 * it was removed; nothing is there that nobody added. @throws Counterexample with the calls about the first job that is wrong.
 */
export function checkTotals(calls: readonly Call[], stored: readonly Job[]): Totals {
  const wanted = new Set(idsIn(calls));
  const acknowledged = acknowledgedIn(calls);
  const removed = removedIn(calls);
  const found = new Map<string, Job>();
  for (const job of stored) {
    if (found.has(job.id)) throw broken(`${job.id} is stored twice.`, job.id, calls);
    if (!wanted.has(job.id)) throw broken(`${job.id} is stored, and nobody added it.`, job.id, calls);
    found.set(job.id, job);
  }
  for (const id of acknowledged) {
    if (!found.has(id) && !removed.has(id)) throw broken(`${id} was acknowledged and is lost.`, id, calls);
  }
  const pending = new Set(calls.filter(isUnheard).flatMap(changedIn));
  for (const { id, state } of found.values()) {
    if (!isTerminal(state) && !pending.has(id))
      throw broken(
        `${id} is ${state} in the end: all that was due was completed, and it was not among that.`,
        id,
        calls,
      );
  }
  const polls = calls
    .filter((call) => call.verb === "poll" && !isUnheard(call))
    .map((call) => call.answer as { jobs: Job[]; expired: Job[] });
  const runs = polls.flatMap(({ jobs }) => jobs.map((job) => job.id));
  return {
    calls: calls.length,
    acknowledged: acknowledged.size,
    unheard: [...found.keys()].filter((id) => !acknowledged.has(id)).length,
    runs: runs.length,
    again: runs.length - new Set(runs).size,
    takenOver: polls.reduce((sum, { expired }) => sum + expired.length, 0),
  };
}

function acknowledgedIn(calls: readonly Call[]): Set<string> {
  const ids = new Set<string>();
  for (const call of calls) {
    if (isUnheard(call)) continue;
    const [first] = call.request;
    if (call.verb === "insert") {
      for (const [i, outcome] of (call.answer as readonly InsertOutcome[]).entries())
        if (outcome.status === "added" || outcome.status === "existing")
          ids.add((first as readonly NewJob[])[i]?.id ?? "");
    }
    if (call.verb === "cas") {
      for (const [i, outcome] of (call.answer as readonly CasOutcome[]).entries())
        if (outcome.status === "ok") for (const { id } of (first as readonly Change[])[i]?.spawn ?? []) ids.add(id);
    }
  }
  return ids;
}

/** The ids of jobs that somebody may have removed. */
export function removedIn(calls: readonly Call[]): Set<string> {
  const removals = calls.filter(({ verb }) => verb === "remove");
  return new Set(removals.flatMap(({ request: [first] }) => (first as { readonly ids?: readonly string[] }).ids ?? []));
}

/** Which jobs a call may change, or bring back, when it takes effect later than anybody looked. */
function changedIn({ verb, request: [first] }: Call): string[] {
  if (verb === "insert") return (first as readonly NewJob[]).map(({ id }) => id);
  return verb === "cas"
    ? (first as readonly Change[]).flatMap(({ id, spawn = [] }) => [id, ...spawn.map((job) => job.id)])
    : [];
}

function isUnheard(call: Call): boolean {
  return call.end === null || call.error !== undefined;
}

function broken(message: string, id: string, calls: readonly Call[]): Counterexample {
  // Of polls that nobody heard the answer of, none tells anything.
  const heard = callsOfJob(id, calls).filter((call) => call.verb !== "poll" || !isUnheard(call));
  return new Counterexample(message, describeCalls(heard).slice(-16));
}
