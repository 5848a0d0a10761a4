import { FIFO_KEY, type InsertOutcome, type NewJob } from "../contract/index.ts";
import { QueueError } from "../errors.ts";
import { freshJob, holdsKey } from "../semantics/index.ts";
import { beginning } from "./beginning.ts";
import { keyOf } from "./keys.ts";
import type { JobRow } from "./rows.ts";
import type { Step } from "./step.ts";
import { ask, type Work } from "./work.ts";

/** How jobs are inserted. */
export interface Manner {
  /** Spawned by a change: whatever the lane's capacity. */
  readonly isSpawned?: boolean;
  readonly allOrNone?: boolean | undefined;
}

/** Adds jobs, or tells why not, and lets them begin as what they depend on allows (P3, P4, P17, P19, P20). */
export function* insert(step: Step, jobs: readonly NewJob[], manner: Manner = {}): Work<InsertOutcome[]> {
  const { isSpawned = false, allOrNone = false } = manner;
  const stored = yield* ask(step.rows.byId(jobs.map(({ id }) => id)));
  const known = new Map(stored.map((row) => [row.id, row]));
  const takers = yield* step.takersOf(jobs);
  const rooms = isSpawned ? new Map<string, number>() : yield* roomsFor(step, jobs);
  const added: JobRow[] = [];
  // Nothing is written yet, so a call that is all or none can still come to nothing.
  const outcomes = jobs.map((fresh): InsertOutcome => {
    const { id, lane } = fresh;
    const key = keyOf(fresh);
    const taker = takers.get(key);
    const holder = taker && holdsKey(taker.job, step.now) ? taker : undefined;
    const same = known.get(id);
    if (same) return { status: "existing", id, by: "id", job: same.job };
    if (holder) return { status: "existing", id: holder.id, by: "unique", job: holder.job };
    const room = rooms.get(lane) ?? Infinity;
    if (room <= 0) return { status: "full" };
    rooms.set(lane, room - 1);
    const row = freshRow(step, fresh);
    known.set(id, row);
    if (key !== null) takers.set(key, row);
    added.push(row);
    return { status: "added", id };
  });
  if (allOrNone && added.length < jobs.length) {
    return outcomes.map((outcome) => (outcome.status === "added" ? { status: "skipped" } : outcome));
  }
  yield* refuseCircles(step, added, known);
  yield* begin(step, added, known);
  return yield* asStored(step, outcomes);
}

function freshRow(step: Step, fresh: NewJob): JobRow {
  const isFifo = step.lane(fresh.lane).settings.order === "fifo";
  const job = freshJob(isFifo ? { orderingKey: FIFO_KEY, ...fresh } : fresh, step.now);
  const seq = step.next();
  const turn = job.orderingKey === undefined;
  return { id: job.id, job, seq, touched: seq, turn, key: keyOf(fresh), missing: job.dependsOn ?? [] };
}

/** How many jobs their lanes may still take (P19). */
function* roomsFor(step: Step, jobs: readonly NewJob[]): Work<Map<string, number>> {
  const rooms = new Map<string, number>();
  for (const lane of new Set(jobs.map((job) => job.lane))) {
    const { capacity } = step.lane(lane).settings;
    if (typeof capacity === "number") rooms.set(lane, capacity - (yield* ask(step.rows.unfinished(lane))));
  }
  return rooms;
}

/** Only a stored job that waits for a new one can close a circle; `Store` has seen to the others. */
function* refuseCircles(step: Step, added: readonly JobRow[], known: ReadonlyMap<string, JobRow>): Work<void> {
  const suspects = added.filter(({ missing }) => missing.length > 0).map(({ id }) => id);
  const waiting = suspects.length === 0 ? [] : yield* ask(step.rows.waitingFor(suspects));
  const awaited = new Set(waiting.flatMap(({ missing }) => missing));
  for (const id of suspects.filter((suspect) => awaited.has(suspect))) {
    // The jobs that it waits for, those that they wait for, and so on.
    const circle = new Set<string>();
    for (let next = [id]; next.length > 0;) {
      const rows = [...(yield* ask(step.rows.byId(next))), ...next.flatMap((one) => known.get(one) ?? [])];
      next = rows.flatMap(({ missing }) => missing).filter((one) => !circle.has(one));
      for (const one of next) circle.add(one);
    }
    if (!circle.has(id)) continue;
    const names = [...circle].join(", ");
    throw new QueueError("INVALID", `Cannot insert: jobs wait for each other in a circle: ${names}.`);
  }
}

function* begin(step: Step, added: readonly JobRow[], known: Map<string, JobRow>): Work<void> {
  const parents = added.flatMap(({ missing }) => missing).filter((id) => !known.has(id));
  if (parents.length > 0) for (const parent of yield* ask(step.rows.byId(parents))) known.set(parent.id, parent);
  yield* step.freeKeys(added);
  for (const row of added) {
    const { job, waitsFor } = beginning(row.job, (id) => known.get(id)?.job.state ?? null, step.now);
    row.job = job;
    row.missing = waitsFor;
    yield* step.begin(row);
  }
  yield* step.follow();
}

/** A job that was there is told as it is now, also if it came in the same call. */
function* asStored(step: Step, outcomes: readonly InsertOutcome[]): Work<InsertOutcome[]> {
  const existing = outcomes.flatMap((outcome) => (outcome.status === "existing" ? outcome.id : []));
  const stored = existing.length === 0 ? [] : yield* ask(step.rows.byId(existing));
  const jobs = new Map(stored.map(({ id, job }) => [id, job]));
  return outcomes.map((outcome) =>
    outcome.status === "existing" ? { ...outcome, job: jobs.get(outcome.id) ?? outcome.job } : outcome,
  );
}
