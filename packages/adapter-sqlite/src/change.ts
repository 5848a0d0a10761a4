import { isCustom, isTerminal, type Job, type JobEvent, type Json, keptFor } from "@anyqueue/api";
import { hasToWait, hasTurn } from "./lines.ts";
import { encode, extraOf, PLACE, placeOf } from "./rows.ts";
import type { Stored, Transaction } from "./transaction.ts";

/** What goes with a changed job. */
export interface Extras {
  readonly events?: readonly JobEvent[];
  /** A new place at the end of the insertion order, which also gives up a turn (P7, P18). */
  readonly requeue?: boolean;
  readonly payload?: Json;
  /** It has no unique key any more (P17). */
  readonly withoutKey?: boolean;
}

/** Writes a job that was changed, and notes what this means for others, for `followUp`. */
export function change(tx: Transaction, before: Stored, after: Job, now: number, extras: Extras = {}): void {
  const { lane, state, orderingKey } = after;
  for (const event of extras.events ?? []) tx.log(lane, event);
  if (before.job.lease !== undefined && after.lease === undefined) tx.freeSlot(lane);
  const wasTerminal = isTerminal(before.job.state);
  if (isTerminal(state)) {
    const isEnd = state !== before.job.state;
    tx.hints.job(after.id);
    if (!wasTerminal) noteEnd(tx, after, before.place);
    // Whoever waits for it to complete learns that it counts as completed now.
    else if (isEnd) tx.ends.push({ id: after.id, state });
    if (isEnd && isDropped(tx, after)) {
      tx.dropped.push({ seq: before.seq, id: after.id, keep: () => write(tx, before.seq, after, PLACE.finished) });
      return;
    }
  } else {
    if (after.lease === undefined && state !== "blocked") tx.hints.lane(lane);
    if (wasTerminal) noteReturn(tx, after);
  }
  const gaveUpTurn = extras.requeue === true && orderingKey !== undefined && after.lease === undefined;
  if (gaveUpTurn) tx.lines.moveUp(lane, orderingKey);
  write(tx, before.seq, after, nextPlace(tx, before.place, after, gaveUpTurn, now));
  if (extras.payload !== undefined) tx.sql.writePayload.run(JSON.stringify(extras.payload), before.seq);
  if (extras.withoutKey === true) {
    tx.sql.writeExtra.run(extraOf(after), before.seq);
    tx.sql.removeTakers.run(JSON.stringify([after.id]));
  }
  if (extras.requeue === true) tx.sql.requeue.run(tx.nextSeq(), before.seq);
}

/** A job that has ended, or was removed before that, which is the state null. */
interface Ended {
  readonly id: string;
  readonly lane: string;
  readonly state: string | null;
  readonly orderingKey?: string | undefined;
  readonly dependsOn?: readonly string[] | undefined;
}

/** Notes that a job at this place has ended, for those who depend on it or wait behind it. */
export function noteEnd(tx: Transaction, ended: Ended, place: number): void {
  const { id, lane, state, orderingKey, dependsOn } = ended;
  if (tx.settingsOf(lane).capacity != null) tx.room.change(lane, 1);
  tx.ends.push({ id, state });
  if (dependsOn !== undefined) tx.independent.push(id);
  if (orderingKey !== undefined && hasTurn(place)) tx.lines.moveUp(lane, orderingKey);
}

/** A job that was over and is not any more may want to read the results of those it depends on again. */
function noteReturn(tx: Transaction, { id, lane, dependsOn, onParent = "cancel" }: Job): void {
  if (tx.settingsOf(lane).capacity != null) tx.room.change(lane, -1);
  if (dependsOn !== undefined) tx.sql.depend.run(id, onParent, JSON.stringify(dependsOn.map((parent) => [parent, 1])));
}

/** Whether a job that has ended so is not kept at all (P26). */
export function isDropped(tx: Transaction, job: Pick<Job, "lane" | "state" | "keep">): boolean {
  return keptFor(job, tx.settingsOf(job.lane).keep) === false;
}

/** Until when a finished job is kept, if it says so itself (P26). */
export function keepUntilOf(job: Job): number | null {
  const kept = keptFor(job, undefined);
  return kept === undefined ? null : (job.finishedAt ?? 0) + (kept || 0);
}

/** Where a changed job belongs. Who has a turn keeps it, and who comes into its line stands behind whoever waits. */
function nextPlace(tx: Transaction, was: number, job: Job, gaveUpTurn: boolean, now: number): number {
  const place = placeOf(job, now);
  const { lane, orderingKey } = job;
  if (orderingKey === undefined || (place !== PLACE.ready && place !== PLACE.scheduled)) return place;
  if (gaveUpTurn || was === PLACE.parked) return PLACE.parked;
  return hasTurn(was) || !hasToWait(tx, lane, orderingKey) ? place : PLACE.parked;
}

function write(tx: Transaction, seq: number, job: Job, place: number): void {
  const { lease } = job;
  tx.sql.write.run(
    job.state,
    place,
    job.priority,
    job.runAt,
    job.attempt,
    job.version,
    job.updatedAt,
    lease?.until ?? null,
    lease?.holder ?? null,
    lease?.from ?? null,
    job.cancelRequested === true ? 1 : null,
    job.finishedAt ?? null,
    isCustom(job.state) ? tx.ticks(1) : null,
    encode(job.progress),
    encode(job.error),
    encode(job.result),
    keepUntilOf(job),
    seq,
  );
}
