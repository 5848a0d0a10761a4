import { isTerminal, keepsTurn, keptFor, takesKeyAgain } from "@anyqueue/api";
import { Dependencies } from "./dependencies.ts";
import type { Entry, Notes, Sealed } from "./entry.ts";
import { Lane } from "./lane.ts";
import { byInsertion } from "./orders.ts";
import type { Inserted } from "./orders.ts";
import { SortedSet } from "./sorted-set.ts";

const FRESH: Notes = { tookKey: true };
const NONE: ReadonlySet<Lane> = new Set();

/** All jobs, by id, by lane and by group. The only place where a job is put in, replaced or taken out. */
export class Jobs {
  readonly #byId = new Map<string, Entry>();
  readonly #groups = new Map<string, SortedSet<Inserted, Entry>>();
  /** The lanes and ordering keys in which turns may have become free in this step. */
  readonly #changedLines: Pick<Sealed, "lane" | "orderingKey">[] = [];
  readonly lanes = new Map<string, Lane>();
  readonly dependencies = new Dependencies();
  /** The last place in the insertion order that was given away. */
  seq = 0;
  /** The last place in the order of changes that was given away. */
  touched = 0;

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  /** The lane of this name, which comes into being when it is first used. */
  lane(name: string): Lane {
    let lane = this.lanes.get(name);
    if (lane === undefined) this.lanes.set(name, (lane = new Lane(name)));
    return lane;
  }

  /** The jobs of a group, in insertion order. */
  group(name: string): SortedSet<Inserted, Entry> | undefined {
    return this.#groups.get(name);
  }

  entries(): Iterable<Entry> {
    return this.#byId.values();
  }

  /** Puts in a new job; a blocked one with the ids of what it waits for. */
  add(job: Sealed, now: number, missing?: readonly string[]): void {
    const entry = { job, seq: ++this.seq, touched: ++this.touched, ready: false };
    this.restore(entry, missing ? { tookKey: true, missing } : FRESH, now);
    this.#noteLine(job);
  }

  /** Puts in a job that has its places already, as a snapshot has them. */
  restore(entry: Entry, { hasTurn, tookKey, missing }: Notes, now: number): void {
    const { job } = entry;
    this.#byId.set(job.id, entry);
    if (hasTurn) this.lane(job.lane).lines.giveTurn(entry);
    if (job.unique && tookKey) this.lane(job.lane).uniqueKeys.take(entry);
    if (missing) this.dependencies.block(entry, missing);
    if (job.dependsOn && !isTerminal(job.state)) this.dependencies.link(entry);
    this.#place(entry, now);
  }

  /** What cannot be told from a job itself. */
  notesOf(entry: Entry): Notes | undefined {
    const { lane: name, orderingKey, unique, dependsOn } = entry.job;
    if (orderingKey === undefined && unique === undefined && dependsOn === undefined) return undefined;
    const lane = this.lane(name);
    const missing = this.dependencies.missingOf(entry);
    return {
      ...(orderingKey !== undefined && lane.lines.hasTurn(entry) && { hasTurn: true }),
      ...(lane.uniqueKeys.isTaker(entry) && { tookKey: true }),
      ...(missing && { missing: [...missing] }),
    };
  }

  /** Writes a job anew. */
  replace(entry: Entry, job: Sealed, now: number, requeue = false): void {
    const { job: before } = entry;
    this.#displace(entry);
    if (before.unique && job.unique === undefined) this.lane(job.lane).uniqueKeys.forget(entry);
    if (requeue) entry.seq = ++this.seq;
    entry.job = job;
    entry.touched = ++this.touched;
    if (before.unique && takesKeyAgain(before, job, now)) this.lane(job.lane).uniqueKeys.take(entry);
    if (before.dependsOn) this.#relink(entry, before);
    if (before.orderingKey !== undefined && !keepsTurn(job, requeue)) {
      this.lane(job.lane).lines.giveUpTurn(entry);
    }
    this.#place(entry, now);
    this.#noteLine(job);
  }

  /** Writes a job of which only the lease has another end (P7). */
  renew(entry: Entry, job: Sealed): void {
    const { leases } = this.lane(job.lane);
    leases.delete(entry);
    entry.job = job;
    leases.add(entry);
  }

  /** Makes a job the one most recently changed. */
  touch(entry: Entry, now: number): void {
    const { lane, state } = entry.job;
    const order = entry.ready ? this.lane(lane).shelves.get(state)?.touched : undefined;
    order?.delete(entry);
    entry.job = { ...entry.job, updatedAt: now };
    entry.touched = ++this.touched;
    order?.add(entry);
  }

  /** Takes a job out. */
  remove(entry: Entry): void {
    const { job } = entry;
    const { lines, uniqueKeys } = this.lane(job.lane);
    this.#displace(entry);
    this.#byId.delete(job.id);
    if (job.unique) uniqueKeys.forget(entry);
    if (job.dependsOn) this.dependencies.unlink(entry);
    if (job.orderingKey !== undefined) lines.giveUpTurn(entry);
    this.#noteLine(job);
  }

  /** True if nothing is kept of a job that ended so, and no unfinished one needs it (P20, P26). */
  isDropped(job: Sealed): boolean {
    return keptFor(job, this.lane(job.lane).settings.keep) === false && !this.dependencies.isNeeded(job.id);
  }

  /**
   * Gives the turns that a call has set free. That is done at its end: whom the same call brings into line may be the first.
   * Answers the lanes in which somebody got one.
   */
  giveTurns(now: number): ReadonlySet<Lane> {
    if (this.#changedLines.length === 0) return NONE;
    const lanes = new Set<Lane>();
    for (const { lane: name, orderingKey = "" } of this.#changedLines.splice(0)) {
      const lane = this.lane(name);
      if (lane.callUp(orderingKey, now)) lanes.add(lane);
    }
    return lanes;
  }

  /** Notes that there may be turns to give under all ordering keys of a lane. */
  noteLines({ name, lines }: Lane): void {
    for (const orderingKey of lines.keys()) this.#changedLines.push({ lane: name, orderingKey });
  }

  /** What a job depends on is needed until it has ended. */
  #relink(entry: Entry, before: Sealed): void {
    const { state } = entry.job;
    if (state !== "blocked") this.dependencies.unblock(entry);
    if (isTerminal(state) === isTerminal(before.state)) return;
    if (isTerminal(state)) this.dependencies.unlink(entry);
    else this.dependencies.link(entry);
  }

  #noteLine(job: Sealed): void {
    if (job.orderingKey !== undefined) this.#changedLines.push(job);
  }

  #place(entry: Entry, now: number): void {
    const { lane, group } = entry.job;
    this.lane(lane).place(entry, now);
    if (group === undefined) return;
    const members = this.#groups.get(group);
    if (members) members.add(entry);
    else this.#groups.set(group, new SortedSet<Inserted, Entry>(byInsertion)).get(group)?.add(entry);
  }

  #displace(entry: Entry): void {
    const { lane, group } = entry.job;
    this.lane(lane).displace(entry);
    if (group === undefined) return;
    const members = this.#groups.get(group);
    members?.delete(entry);
    if (members?.size === 0) this.#groups.delete(group);
  }
}
