import { beginning, FIFO_KEY, freshJob, holdsKey, type InsertOutcome, type NewJob, QueueError } from "@anyqueue/api";
import type { Entry } from "./rows.ts";
import { keyOf, type Step } from "./step.ts";

interface Manner {
  /** Spawned by a change: whatever the lane's capacity. */
  readonly isSpawned?: boolean;
  readonly allOrNone?: boolean | undefined;
}

/** Adds jobs, or tells why not, and lets them begin as what they depend on allows (P3, P4, P17, P19, P20). */
export async function insert(step: Step, jobs: readonly NewJob[], manner: Manner = {}): Promise<InsertOutcome[]> {
  const { isSpawned = false, allOrNone = false } = manner;
  const known = new Map((await step.rows.byId(jobs.map(({ id }) => id))).map((entry) => [entry.id, entry]));
  const takers = await step.takersOf(jobs);
  const rooms = isSpawned ? new Map<string, number>() : await roomsFor(step, jobs);
  const added: Entry[] = [];
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
    const isFifo = step.lane(lane).settings.order === "fifo";
    const job = freshJob(isFifo ? { orderingKey: FIFO_KEY, ...fresh } : fresh, step.now);
    const seq = step.next();
    const turn = job.orderingKey === undefined;
    const entry = { id, job, seq, touched: seq, turn, key, missing: job.dependsOn ?? [] };
    known.set(id, entry);
    if (key !== null) takers.set(key, entry);
    added.push(entry);
    return { status: "added", id };
  });
  if (allOrNone && added.length < jobs.length) {
    return outcomes.map((outcome) => (outcome.status === "added" ? { status: "skipped" } : outcome));
  }
  await refuseCircles(step, added, known);
  await begin(step, added, known);
  return asStored(step, outcomes);
}

/** How many jobs their lanes may still take (P19). */
async function roomsFor(step: Step, jobs: readonly NewJob[]): Promise<Map<string, number>> {
  const rooms = new Map<string, number>();
  for (const lane of new Set(jobs.map((job) => job.lane))) {
    const { capacity } = step.lane(lane).settings;
    if (typeof capacity === "number") rooms.set(lane, capacity - (await step.rows.unfinished(lane)));
  }
  return rooms;
}

/** Only a stored job that waits for a new one can close a circle; `Store` has seen to the others. */
async function refuseCircles(step: Step, added: readonly Entry[], known: ReadonlyMap<string, Entry>): Promise<void> {
  const suspects = added.filter(({ missing }) => missing.length > 0).map(({ id }) => id);
  const waiting = suspects.length === 0 ? [] : await step.rows.waitingFor(suspects);
  const awaited = new Set(waiting.flatMap(({ missing }) => missing));
  for (const id of suspects.filter((suspect) => awaited.has(suspect))) {
    // The jobs that it waits for, those that they wait for, and so on.
    const circle = new Set<string>();
    for (let next = [id]; next.length > 0;) {
      const entries = [...(await step.rows.byId(next)), ...next.flatMap((one) => known.get(one) ?? [])];
      next = entries.flatMap(({ missing }) => missing).filter((one) => !circle.has(one));
      for (const one of next) circle.add(one);
    }
    if (!circle.has(id)) continue;
    const names = [...circle].join(", ");
    throw new QueueError("INVALID", `Cannot insert: jobs wait for each other in a circle: ${names}.`);
  }
}

async function begin(step: Step, added: readonly Entry[], known: Map<string, Entry>): Promise<void> {
  const parents = added.flatMap(({ missing }) => missing).filter((id) => !known.has(id));
  if (parents.length > 0) for (const parent of await step.rows.byId(parents)) known.set(parent.id, parent);
  await step.freeKeys(added);
  for (const entry of added) {
    const { job, waitsFor } = beginning(entry.job, (id) => known.get(id)?.job.state ?? null, step.now);
    entry.job = job;
    entry.missing = waitsFor;
    await step.begin(entry);
  }
  await step.follow();
}

/** A job that was there is told as it is now, also if it came in the same call. */
async function asStored(step: Step, outcomes: readonly InsertOutcome[]): Promise<InsertOutcome[]> {
  const existing = outcomes.flatMap((outcome) => (outcome.status === "existing" ? outcome.id : []));
  const stored = existing.length === 0 ? [] : await step.rows.byId(existing);
  const jobs = new Map(stored.map(({ id, job }) => [id, job]));
  return outcomes.map((outcome) =>
    outcome.status === "existing" ? { ...outcome, job: jobs.get(outcome.id) ?? outcome.job } : outcome,
  );
}
