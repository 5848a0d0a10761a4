import {
  type CasOutcome,
  type Change,
  decide,
  FIFO_KEY,
  fateOf,
  freshJob,
  type Hint,
  holdsKey,
  type InsertOutcome,
  isTerminal,
  type Job,
  type JobEvent,
  keptFor,
  movedEvent,
  type NewJob,
  QueueError,
  takesKeyAgain,
} from "@anyqueue/api";
import { giveTurns } from "./turns.ts";
import { drop, next, openLeases, record, type Row, rowsOf, settingsOf, sparedIds, type World } from "./world.ts";

/** One atomic step on a world: what the verbs do to jobs, with everything that follows from it. */
export class Step {
  readonly world: World;
  readonly now: number;
  readonly hints: Hint[] = [];
  /** Whether the step was given up; then nothing of it counts. */
  isUndone = false;
  readonly #openBefore: ReadonlyMap<string, number>;
  #unjudged: Row[] = [];

  constructor(world: World, now: number) {
    this.world = world;
    this.now = now;
    this.#openBefore = this.#openLeases();
  }

  /** Stores a job, or tells why not. Those that depend on others are judged by `judge`. */
  add(job: NewJob, { isSpawned = false } = {}): InsertOutcome {
    const { world, now } = this;
    const { id, lane } = job;
    const same = world.rows.get(id);
    if (same) return { status: "existing", id, by: "id", job: same.job };
    const holder = this.#holderOf(job);
    if (holder) return { status: "existing", id: holder.id, by: "unique", job: holder };
    if (!isSpawned && this.#isFull(lane)) return { status: "full" };

    if (!world.lanes.has(lane)) world.lanes.set(lane, {});
    const keyed = settingsOf(world, lane).order === "fifo" ? { orderingKey: FIFO_KEY, ...job } : job;
    const fresh = structuredClone(freshJob(keyed, now));
    const place = next(world);
    const row = {
      job: fresh,
      inserted: place,
      touched: place,
      finished: 0,
      hasTurn: false,
      satisfied: new Set<string>(),
    };
    world.rows.set(id, row);
    if (job.dependsOn?.length) {
      row.job = { ...fresh, state: "blocked" };
      for (const parent of job.dependsOn) {
        const others = world.dependents.get(parent);
        if (others) others.add(id);
        else world.dependents.set(parent, new Set([id]));
      }
      this.#unjudged.push(row);
    } else this.#recordInsertion(row);
    return { status: "added", id };
  }

  /** Decides what becomes of the jobs that were added and depend on others: all of them are there by now (P20). */
  judge(): void {
    const added = this.#unjudged;
    this.#unjudged = [];
    if (added.length > 0) refuseCircles(this.world);
    for (const row of added) {
      const { dependsOn = [], onParent } = row.job;
      const fates = dependsOn.map((id) => fateOf(this.world.rows.get(id)?.job.state ?? null, onParent));
      dependsOn.forEach((id, i) => fates[i] === "go on" && row.satisfied.add(id));
      if (fates.includes("cancel")) {
        row.job = { ...row.job, state: "cancelled", finishedAt: this.now };
        row.finished = next(this.world);
      }
      if (!fates.includes("cancel") && !fates.includes("wait")) row.job = { ...row.job, state: "waiting" };
      this.#recordInsertion(row);
    }
    for (const row of added) if (isTerminal(row.job.state)) this.#end(row);
  }

  /** Makes a change, or tells why not. */
  change(change: Change): CasOutcome {
    const row = this.world.rows.get(change.id);
    const decision = decide(row?.job ?? null, change, this.now);
    if (decision.job === undefined || row === undefined) return decision.outcome;
    const holder = takesKeyAgain(row.job, decision.job, this.now) && this.#holderOf(row.job);
    if (holder) return { status: "duplicate", id: holder.id };
    if (decision.renewal) row.job = decision.job;
    else {
      if (decision.requeue) this.#requeue(row, decision.job);
      this.put(row, decision.job, decision.events);
    }
    if (!change.spawn) return decision.outcome;
    const spawned = change.spawn.map((child) => {
      const outcome = this.add(child, { isSpawned: true });
      return "id" in outcome ? outcome.id : child.id;
    });
    this.judge();
    return { ...decision.outcome, spawned };
  }

  /** Stores a job as a poll or a change leaves it, with what goes with it: log, hints, dependents, and not keeping it. */
  put(row: Row, job: Job, events?: readonly JobEvent[]): Job {
    const { state } = row.job;
    this.#store(row, job, events);
    if (isTerminal(job.state) && job.state !== state) this.#end(row);
    return job;
  }

  /** Removes a job; whoever waits for it and its end learns that it is gone. */
  remove(id: string): void {
    const row = this.world.rows.get(id);
    drop(this.world, id);
    if (row && !isTerminal(row.job.state)) this.#conclude(this.#tellDependents(id, null));
  }

  /** Gives free turns, and tells what may go on now. */
  finish(): void {
    for (const lane of giveTurns(this.world)) this.hints.push({ lane });
    const open = this.#openLeases();
    for (const [lane, before] of this.#openBefore) if ((open.get(lane) ?? 0) < before) this.hints.push({ lane });
  }

  #store(row: Row, job: Job, events?: readonly JobEvent[]): void {
    const moved = row.job.state === job.state ? [] : [movedEvent(row.job, job, this.now)];
    for (const event of events ?? moved) {
      if (event.kind !== "moved" || recordsAll(this.world, job.lane)) record(this.world, event);
    }
    if (isTerminal(job.state) && !isTerminal(row.job.state)) row.finished = next(this.world);
    row.job = job;
    row.touched = next(this.world);
    if (!isTerminal(job.state) && job.state !== "blocked" && !job.lease) this.hints.push({ lane: job.lane });
  }

  /** What goes with the end of a job. */
  #end(row: Row): void {
    this.#conclude([row, ...this.#tellDependents(row.job.id, row.job.state)]);
  }

  /** Tells of jobs that have ended, and drops those that are not kept. */
  #conclude(ended: readonly Row[]): void {
    for (const { job } of ended) {
      this.hints.push({ job: job.id });
      const isKept = keptFor(job, settingsOf(this.world, job.lane).keep) !== false;
      if (!isKept && !sparedIds(this.world).has(job.id)) drop(this.world, job.id);
    }
  }

  /** Judges anew whoever waits for a job that has ended or is gone, and so on down the graph. Answers whom that ended. */
  #tellDependents(id: string, state: string | null): Row[] {
    const ended: Row[] = [];
    const news = [{ id, state }];
    for (const { id: parent, state: end } of news) {
      for (const dependent of this.world.dependents.get(parent) ?? []) {
        const row = this.world.rows.get(dependent);
        if (row?.job.state !== "blocked" || row.satisfied.has(parent)) continue;
        const { dependsOn = [], onParent } = row.job;
        if (!dependsOn.includes(parent)) continue;
        const fate = fateOf(end, onParent);
        if (fate === "go on") row.satisfied.add(parent);
        const next = { ...row.job, version: row.job.version + 1, updatedAt: this.now };
        if (fate === "cancel") {
          this.#store(row, { ...next, state: "cancelled", finishedAt: this.now });
          ended.push(row);
          news.push({ id: row.job.id, state: "cancelled" });
        } else if (row.satisfied.size === dependsOn.length) this.#store(row, { ...next, state: "waiting", attempt: 0 });
      }
    }
    return ended;
  }

  /** A job that somebody goes on holding keeps its turn. */
  #requeue(row: Row, after: Job): void {
    row.inserted = next(this.world);
    if (!after.lease) row.hasTurn = false;
  }

  #isFull(lane: string): boolean {
    const { capacity } = settingsOf(this.world, lane);
    if (typeof capacity !== "number") return false;
    return rowsOf(this.world, lane).filter(({ job }) => !isTerminal(job.state)).length >= capacity;
  }

  #holderOf({ lane, unique }: Pick<NewJob, "lane" | "unique">): Job | undefined {
    if (unique === undefined) return undefined;
    const jobs = rowsOf(this.world, lane).map((row) => row.job);
    return jobs.find((job) => job.unique?.key === unique.key && holdsKey(job, this.now));
  }

  #recordInsertion({ job }: Row): void {
    if (recordsAll(this.world, job.lane))
      record(this.world, { id: job.id, at: this.now, kind: "inserted", to: job.state });
    if (!isTerminal(job.state) && job.state !== "blocked") this.hints.push({ lane: job.lane });
  }

  #openLeases(): Map<string, number> {
    const limited = [...this.world.lanes].filter(([, { concurrency }]) => typeof concurrency === "number");
    return new Map(limited.map(([lane]) => [lane, openLeases(this.world, lane)]));
  }
}

function recordsAll(world: World, lane: string): boolean {
  return settingsOf(world, lane).history === "all";
}

/** @throws QueueError `INVALID` when blocked jobs wait, directly or through others, for themselves. */
function refuseCircles(world: World): void {
  const left = new Map<string, number>();
  const behind = new Map<string, string[]>();
  for (const [id, row] of world.rows) {
    if (!isBlocked(row)) continue;
    const parents = awaited(world, row);
    left.set(id, parents.length);
    for (const parent of parents) {
      const others = behind.get(parent);
      if (others) others.push(id);
      else behind.set(parent, [id]);
    }
  }
  // Whoever waits for nobody is taken away, until only those are left that wait for each other.
  const free = [...left].flatMap(([id, count]) => (count === 0 ? [id] : []));
  for (const id of free) {
    left.delete(id);
    for (const dependent of behind.get(id) ?? []) {
      const count = (left.get(dependent) ?? 0) - 1;
      left.set(dependent, count);
      if (count === 0) free.push(dependent);
    }
  }
  if (left.size === 0) return;
  const ids = [...left.keys()].join(", ");
  throw new QueueError("INVALID", `Cannot insert: jobs depend on each other in a circle: ${ids}.`);
}

/** The blocked jobs that a job has to wait for still. */
function awaited(world: World, { job, satisfied }: Row): string[] {
  return (job.dependsOn ?? []).filter((id) => {
    const parent = world.rows.get(id);
    return parent !== undefined && isBlocked(parent) && !satisfied.has(id);
  });
}

function isBlocked({ job }: Row): boolean {
  return job.state === "blocked";
}
