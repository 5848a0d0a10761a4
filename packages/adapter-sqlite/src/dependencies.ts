import { advance, fateOf, movedEvent } from "@anyqueue/api";
import { change } from "./change.ts";
import { refuseCircles } from "./circles.ts";
import { storedOf } from "./rows.ts";
import type { Stored, Transaction } from "./transaction.ts";

/**
 * Decides what becomes of new jobs that depend on others (P20). They are stored as `blocked`, and so is all that came
 * with them, so that the order within the call does not matter.
 */
export function judge(tx: Transaction, added: readonly Stored[], now: number): void {
  // Jobs that are not to be kept are not written, so that their state is not to be read.
  const cancelled = new Set<string>();
  for (const stored of added) {
    const { job } = stored;
    const { id, dependsOn = [], onParent = "cancel" } = job;
    const states = new Map(tx.sql.statesOf.all(JSON.stringify(dependsOn)));
    const stateOf = (parent: string) => (cancelled.has(parent) ? "cancelled" : (states.get(parent) ?? null));
    const fates = dependsOn.map((parent) => fateOf(stateOf(parent), onParent));
    const notes = dependsOn.map((parent, i) => [parent, fates[i] === "go on" ? 1 : 0]);
    tx.sql.depend.run(id, onParent, JSON.stringify(notes));

    const state = fates.includes("cancel") ? "cancelled" : fates.includes("wait") ? "blocked" : "waiting";
    tx.log(job.lane, { id, at: now, kind: "inserted", to: state });
    if (state === "blocked") continue;
    if (state === "waiting") {
      change(tx, stored, { ...job, state }, now);
    } else {
      cancelled.add(id);
      change(tx, stored, { ...job, state, finishedAt: now }, now);
    }
  }
  refuseCircles(
    tx.sql,
    added.map(({ job }) => job.id),
  );
}

/** A job that has ended, or was removed before it had, which is null. */
export interface End {
  readonly id: string;
  readonly state: string | null;
}

/** Judges anew whoever is blocked by jobs that ended. Those whom that cancels have ended in turn. */
export function tellDependents(tx: Transaction, ends: readonly End[], now: number): void {
  const awaited = new Set(tx.sql.findAwaited.all(JSON.stringify(ends.map(({ id }) => id))));
  for (const { id: parent, state } of ends) {
    if (!awaited.has(parent)) continue;
    const freed: string[] = [];
    const cancelled: string[] = [];
    for (const [id, onParent] of tx.sql.findDependents.all(parent)) {
      const fate = fateOf(state, onParent);
      if (fate === "go on") freed.push(id);
      else if (fate === "cancel") cancelled.push(id);
    }
    if (freed.length > 0) {
      const ids = JSON.stringify(freed);
      tx.sql.satisfy.run(ids, parent);
      for (const row of tx.sql.findUnblocked.all(ids)) moveOn(tx, storedOf(row), "waiting", now);
    }
    if (cancelled.length === 0) continue;
    for (const row of tx.sql.findHot.all(JSON.stringify(cancelled))) moveOn(tx, storedOf(row), "cancelled", now);
    // At once, since the next of these may be a parent of theirs as well.
    stopDepending(tx);
  }
}

/** Forgets what jobs depended on that have ended. */
export function stopDepending(tx: Transaction): void {
  const ids = tx.independent.splice(0);
  if (ids.length > 0) tx.sql.removeDependencies.run(JSON.stringify(ids));
}

function moveOn(tx: Transaction, stored: Stored, to: "waiting" | "cancelled", now: number): void {
  const after = advance(stored.job, { to, now });
  change(tx, stored, after, now, { events: [movedEvent(stored.job, after, now)] });
}

/** Those of the ids on which no unfinished job depends, so that nobody may still want to read their results. */
export function notAwaited(tx: Transaction, ids: readonly string[]): ReadonlySet<string> {
  const rest = new Set(ids);
  if (tx.sql.hasDependencies.get() === undefined) return rest;
  for (const id of tx.sql.findAwaited.all(JSON.stringify(ids))) rest.delete(id);
  return rest;
}
