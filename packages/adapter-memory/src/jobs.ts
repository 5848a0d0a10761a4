import { isTerminal } from "@anyqueue/api";
import type { Entry, Sealed } from "./entry.ts";
import { Lane } from "./lane.ts";
import { byInsertion } from "./orders.ts";
import type { Inserted } from "./orders.ts";
import { SortedSet } from "./sorted-set.ts";

/** All jobs, by id, by lane and by group. The only place where a job is put in, replaced or taken out. */
export class Jobs {
  readonly #byId = new Map<string, Entry>();
  readonly #groups = new Map<string, SortedSet<Inserted, Entry>>();
  readonly lanes = new Map<string, Lane>();
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

  add(job: Sealed, now: number): void {
    this.restore({ job, seq: ++this.seq, touched: ++this.touched, ready: false }, now);
  }

  /** Puts in a job that has its places already, as a snapshot has them. */
  restore(entry: Entry, now: number): void {
    this.#byId.set(entry.job.id, entry);
    this.#place(entry, now);
  }

  /** Writes a job anew. */
  replace(entry: Entry, job: Sealed, now: number, requeue = false): void {
    this.#displace(entry);
    entry.job = job;
    entry.touched = ++this.touched;
    if (requeue) entry.seq = ++this.seq;
    this.#place(entry, now);
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

  remove(entry: Entry): void {
    this.#displace(entry);
    this.#byId.delete(entry.job.id);
  }

  /** True if the lane keeps no jobs that ended so (P26). */
  dropsAtOnce(job: Sealed): boolean {
    const { lane, state } = job;
    return isTerminal(state) && this.lane(lane).settings.keep?.[state] === false;
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
