import {
  advance,
  type Bucket,
  fateOf,
  FIFO_KEY,
  freshJob,
  type Hint,
  holdsKey,
  type InsertOutcome,
  isTerminal,
  type Job,
  type JobEvent,
  type Json,
  keptFor,
  type LaneSettings,
  movedEvent,
  type NewJob,
  QueueError,
} from "anyqueue";
import { byKeys, type Entry, insertedPlace } from "./orders.ts";

/** The jobs in one array, and what goes with every change to one: its log, hints, turns and those that depend on it. */
export class ArrayStore {
  entries: Entry[] = [];
  events: { readonly event: JobEvent; readonly position: number }[] = [];
  readonly lanes = new Map<string, LaneSettings>();
  /** What is left of the rate of each lane that has one (P19). */
  readonly buckets = new Map<string, Bucket>();
  readonly listeners = new Set<{ readonly wake: (hint: Hint) => void }>();
  /** What a call has added and not begun yet: the end of the array. */
  #added: Entry[] = [];
  #count = 0;

  /** One counter for tokens, places and positions. It is never set back, so no token is ever used twice. */
  next(): number {
    return ++this.#count;
  }

  find(id: string): Entry | undefined {
    return this.entries.find(({ job }) => job.id === id);
  }

  settings(lane: string): LaneSettings {
    return this.lanes.get(lane) ?? {};
  }

  /** Who holds the unique key of a job now (P17). */
  holder({ lane, unique }: Pick<NewJob, "lane" | "unique">, now: number): Job | undefined {
    const isHolder = ({ job }: Entry): boolean =>
      job.lane === lane && job.unique?.key === unique?.key && holdsKey(job, now);
    return unique && this.entries.find(isHolder)?.job;
  }

  /** Adds a job, or tells why not. `begin` has to follow, when all jobs of the call are there. */
  add(fresh: NewJob, now: number, isSpawned = false): InsertOutcome {
    const same = this.find(fresh.id)?.job;
    const existing = same ?? this.holder(fresh, now);
    if (existing) {
      return { status: "existing", id: existing.id, by: same ? "id" : "unique", job: structuredClone(existing) };
    }
    const { capacity, order } = this.settings(fresh.lane);
    const isUnfinished = ({ job }: Entry): boolean => job.lane === fresh.lane && !isTerminal(job.state);
    const isLimited = !isSpawned && typeof capacity === "number";
    if (isLimited && this.entries.filter(isUnfinished).length >= capacity) return { status: "full" };

    const job = freshJob(structuredClone(order === "fifo" ? { orderingKey: FIFO_KEY, ...fresh } : fresh), now);
    const missing = new Set(job.dependsOn);
    const state = missing.size > 0 ? "blocked" : job.state;
    const seq = this.next();
    const entry = { job: { ...job, state }, seq, touched: seq, hasTurn: false, missing };
    this.entries.push(entry);
    this.#added.push(entry);
    return { status: "added", id: job.id };
  }

  /** Takes back what was added. */
  takeBack(): void {
    this.entries = this.entries.slice(0, this.entries.length - this.#added.length);
    this.#added = [];
  }

  /** Answers what brings everything back to how it is now. */
  remember(): () => void {
    const entries = structuredClone(this.entries);
    const events = [...this.events];
    return () => {
      this.entries = entries;
      this.events = events;
    };
  }

  /** Refuses jobs that would wait for themselves through stored ones (P20). The rest of it `Store` has done. */
  refuseCircles(): void {
    const stored = this.entries.slice(0, this.entries.length - this.#added.length);
    const awaited = new Set(stored.flatMap(({ missing }) => [...missing]));
    for (const { job, missing } of this.#added) {
      if (!awaited.has(job.id)) continue;
      // The set grows while it is walked.
      const waitsFor = new Set(missing);
      for (const id of waitsFor) for (const other of this.find(id)?.missing ?? []) waitsFor.add(other);
      if (!waitsFor.has(job.id)) continue;
      this.takeBack();
      throw new QueueError(
        "INVALID",
        `Cannot insert: jobs wait for each other in a circle: ${[...waitsFor].join(", ")}.`,
      );
    }
  }

  /** Lets the added jobs begin, each as the jobs that it depends on allow (P20). */
  begin(now: number): void {
    const added = this.#added.splice(0);
    for (const entry of added) {
      const { dependsOn = [], onParent } = entry.job;
      const fates = dependsOn.map((id) => fateOf(this.find(id)?.job.state ?? null, onParent));
      const isCancelled = fates.includes("cancel");
      entry.missing = new Set(isCancelled ? [] : dependsOn.filter((_, i) => fates[i] === "wait"));
      if (isCancelled) entry.job = { ...entry.job, state: "cancelled", finishedAt: now };
      else if (dependsOn.length > 0 && entry.missing.size === 0) entry.job = { ...entry.job, state: "waiting" };
      const { id, lane, state } = entry.job;
      if (!this.lanes.has(lane)) this.lanes.set(lane, {});
      this.#log(lane, { id, at: now, kind: "inserted", to: state });
      this.#tell(entry.job);
    }
    this.#tellDependents(
      added.map(({ job }) => job).filter(({ state }) => isTerminal(state)),
      now,
    );
  }

  /** Writes a job as a poll leaves it. */
  move(entry: Entry, job: Job, now: number): Job {
    this.write(entry, job, transition(entry.job, job, now), now);
    return structuredClone(job);
  }

  /** Writes a changed job, and goes on with those that depend on it if it has ended. */
  write(entry: Entry, job: Job, events: readonly JobEvent[], now: number, requeue = false): void {
    const isEnd = isTerminal(job.state) && job.state !== entry.job.state;
    this.#put(entry, job, events, requeue);
    if (isEnd) this.#tellDependents([job], now);
  }

  /** Logs what a user says about a job. */
  note(entry: Entry, data: Json, now: number): void {
    const { id, lane } = entry.job;
    entry.job = { ...entry.job, updatedAt: now };
    entry.touched = this.next();
    this.#log(lane, { id, at: now, kind: "user", data });
  }

  /** Takes jobs out; for those that depend on them it is as if they had never been there. */
  remove(entries: readonly Entry[], now: number): void {
    for (const { job } of entries) this.#drop(job);
    this.#tellDependents(
      entries.map(({ job }) => ({ id: job.id, state: null })),
      now,
    );
  }

  /** Gives free turns to the first in line (P18), at the end of every verb that changes something. */
  giveTurns(): void {
    const lineOf = ({ job: { lane, orderingKey = "" } }: Entry): string => `${lane}:${orderingKey}`;
    const turns = new Map<string, number>();
    const give = (entry: Entry): unknown => turns.set(lineOf(entry), (turns.get(lineOf(entry)) ?? 0) + 1);
    const isInLine = ({ job }: Entry): boolean =>
      job.orderingKey !== undefined && job.state !== "blocked" && !isTerminal(job.state);
    const keyed = this.entries.filter(isInLine).sort(byKeys(insertedPlace));
    for (const entry of keyed) if (entry.hasTurn) give(entry);
    for (const entry of keyed) {
      const { lane } = entry.job;
      if (entry.hasTurn || (turns.get(lineOf(entry)) ?? 0) >= (this.settings(lane).keyConcurrency ?? 1)) continue;
      entry.hasTurn = true;
      give(entry);
      this.wake({ lane });
    }
  }

  /** The jobs on which unfinished ones depend: their results may still be wanted (P20). */
  needed(): Set<string> {
    const unfinished = this.entries.filter(({ job }) => !isTerminal(job.state));
    return new Set(unfinished.flatMap(({ job }) => job.dependsOn ?? []));
  }

  /** Later, so that whoever listens finds the call that told it finished. */
  wake(hint: Hint): void {
    for (const { wake } of this.listeners) queueMicrotask(() => wake(hint));
  }

  /** Goes on with those that wait for jobs that ended or are gone, and so on: the list grows while it is walked. */
  #tellDependents(ended: readonly { readonly id: string; readonly state: string | null }[], now: number): void {
    const ends = [...ended];
    for (const { id, state } of ends) {
      for (const entry of this.entries.filter(({ missing }) => missing.has(id))) {
        const fate = fateOf(state, entry.job.onParent);
        if (fate === "wait") continue;
        entry.missing.delete(id);
        if (fate === "go on" && entry.missing.size > 0) continue;
        const job = advance(entry.job, { to: fate === "cancel" ? "cancelled" : "waiting", now });
        this.#put(entry, job, transition(entry.job, job, now));
        if (fate === "cancel") ends.push(job);
      }
    }
    for (const { id } of ends) this.#dropUnkept(this.find(id)?.job);
  }

  #put(entry: Entry, job: Job, events: readonly JobEvent[], requeue = false): void {
    const isSlotFree = entry.job.lease !== undefined && !job.lease && this.settings(job.lane).concurrency !== undefined;
    entry.job = job;
    entry.touched = this.next();
    if (requeue) entry.seq = entry.touched;
    if (job.state !== "blocked") entry.missing.clear();
    if (job.state === "blocked" || isTerminal(job.state) || (requeue && !job.lease)) entry.hasTurn = false;
    for (const event of events) this.#log(job.lane, event);
    this.#tell(job);
    if (isSlotFree) this.wake({ lane: job.lane });
  }

  /** Removes a job that ended and of which nothing is kept, unless somebody still needs it (P26, P20). */
  #dropUnkept(job: Job | undefined): void {
    if (job && keptFor(job, this.settings(job.lane).keep) === false && !this.needed().has(job.id)) this.#drop(job);
  }

  #drop({ id, lane, lease }: Job): void {
    this.entries = this.entries.filter(({ job }) => job.id !== id);
    this.events = this.events.filter(({ event }) => event.id !== id);
    if (lease && this.settings(lane).concurrency !== undefined) this.wake({ lane });
  }

  #log(lane: string, event: JobEvent): void {
    const isTransition = event.kind === "inserted" || event.kind === "moved";
    if (isTransition && this.settings(lane).history !== "all") return;
    this.events.push({ event, position: this.next() });
  }

  #tell({ id, lane, state, lease }: Job): void {
    if (lease || state === "blocked") return;
    this.wake(isTerminal(state) ? { job: id } : { lane });
  }
}

function transition(before: Job, after: Job, now: number): JobEvent[] {
  return after.state === before.state ? [] : [movedEvent(before, after, now)];
}
