import type { InsertOutcome, Job, NewJob } from "@anyqueue/api";
import { unseal } from "./entry.ts";
import type { Lane } from "./lane.ts";
import type { State } from "./state.ts";

/** What a new job is judged by: what is stored, or what would be. */
interface Stock {
  find(id: string): Job | undefined;
  /** Who holds a unique key of a lane. */
  holder(lane: string, key: string): Job | undefined;
  /** Whether one more job fits into a lane. */
  hasRoom(lane: string): boolean;
}

const NEW_LANE: Pick<Lane, "settings" | "unfinished"> = { settings: {}, unfinished: 0 };

/** What would become of a new job (P3, P17, P19). Spawned jobs come in whatever the capacity. */
export function judge(stock: Stock, { id, lane, unique }: NewJob, isSpawned: boolean): InsertOutcome {
  const same = stock.find(id);
  if (same) return { status: "existing", id, by: "id", job: same };
  const holder = unique && stock.holder(lane, unique.key);
  if (holder) return { status: "existing", id: holder.id, by: "unique", job: holder };
  if (!isSpawned && !stock.hasRoom(lane)) return { status: "full" };
  return { status: "added", id };
}

/** What is stored. */
export class Stored implements Stock {
  readonly #state: State;
  readonly #now: number;

  constructor(state: State, now: number) {
    this.#state = state;
    this.#now = now;
  }

  find(id: string): Job | undefined {
    const entry = this.#state.jobs.get(id);
    return entry && unseal(entry.job);
  }

  holder(lane: string, key: string): Job | undefined {
    const entry = this.#state.jobs.lanes.get(lane)?.uniqueKeys.holder(key, this.#now);
    return entry && unseal(entry.job);
  }

  hasRoom(lane: string, taken = 0): boolean {
    const { settings, unfinished } = this.#state.jobs.lanes.get(lane) ?? NEW_LANE;
    return unfinished + taken < (settings.capacity ?? Infinity);
  }
}

/** What would be stored if some jobs more had been added, so that a call can be judged as a whole before it changes anything. */
export class Planned implements Stock {
  /** By id. */
  readonly added = new Map<string, NewJob>();
  readonly #state: State;
  readonly #now: number;
  readonly #stored: Stored;
  /** How many of them go to each lane. */
  readonly #counts = new Map<string, number>();
  /** Who of them takes a unique key, by lane and key. */
  readonly #takers = new Map<string, NewJob>();

  constructor(state: State, now: number) {
    this.#state = state;
    this.#now = now;
    this.#stored = new Stored(state, now);
  }

  add(job: NewJob): void {
    const { id, lane, unique } = job;
    this.added.set(id, job);
    this.#counts.set(lane, (this.#counts.get(lane) ?? 0) + 1);
    if (unique) this.#takers.set(`${lane}:${unique.key}`, job);
  }

  find(id: string): Job | undefined {
    const job = this.added.get(id);
    return job ? this.#state.fresh(job, this.#now) : this.#stored.find(id);
  }

  holder(lane: string, key: string): Job | undefined {
    const taker = this.#takers.get(`${lane}:${key}`);
    return taker ? this.#state.fresh(taker, this.#now) : this.#stored.holder(lane, key);
  }

  hasRoom(lane: string): boolean {
    return this.#stored.hasRoom(lane, this.#counts.get(lane));
  }
}
