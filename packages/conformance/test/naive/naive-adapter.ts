import {
  type Adapter,
  type AppendOutcome,
  type At,
  advance,
  byCodePoint,
  type CasOutcome,
  type Change,
  decide,
  decodeCursor,
  encodeCursor,
  type EventPage,
  type EventQuery,
  type Found,
  freshJob,
  type Hint,
  type InsertOutcome,
  isHeld,
  isPlace,
  isTerminal,
  type Job,
  type JobEvent,
  type JobQuery,
  type LaneSettings,
  type LaneStatus,
  laneOf,
  matches,
  matchesTypes,
  movedEvent,
  type NewEvent,
  type NewJob,
  type Page,
  type PollRequest,
  type PollResult,
  type RemoveQuery,
  takeOver,
  wrongCursor,
} from "@anyqueue/api";
import { emptyWorld, next, type Row, type Transaction, type World } from "./world.ts";

/** What handles on one naive store share. */
export class NaiveStore {
  world: World = emptyWorld();
  readonly listeners = new Set<(hint: Hint) => void>();

  tell(hints: readonly Hint[]): void {
    for (const wake of this.listeners) for (const hint of hints) wake(hint);
  }

  /** A caller's transaction: its work is done on a copy, which takes the store's place at the commit. */
  async transaction(work: (tx: never) => Promise<void>): Promise<void> {
    const tx: Transaction = { world: structuredClone(this.world), hints: [] };
    await work(tx as never);
    this.world = tx.world;
    this.tell(tx.hints);
  }
}

/** The contract in the fewest words: every verb looks at every job. The suite is tested on it and on what breaks it. */
export class NaiveAdapter implements Adapter<Transaction> {
  readonly name = "naive";
  readonly capabilities = Object.freeze({
    durability: "snapshot",
    scope: "machine",
    atomicity: "store",
    transactions: true,
    push: true,
  } as const);
  readonly store: NaiveStore;
  readonly #mine = new Set<(hint: Hint) => void>();

  constructor(store: NaiveStore) {
    this.store = store;
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {
    for (const wake of this.#mine) this.store.listeners.delete(wake);
  }

  async insert(jobs: readonly NewJob[], at: At<Transaction> = {}): Promise<InsertOutcome[]> {
    return this.#write(at, (world, hints) => {
      const now = at.now ?? Date.now();
      const isStored = (job: NewJob, i: number) =>
        world.rows.has(job.id) || jobs.findIndex((other) => other.id === job.id) < i;
      if (at.allOrNone && jobs.some(isStored)) {
        return jobs.map((job, i) => (isStored(job, i) ? existing(world, job) : { status: "skipped" }));
      }
      return jobs.map((job) => this.#add(world, hints, job, now));
    });
  }

  async poll(request: PollRequest): Promise<PollResult> {
    return this.#write({}, (world, hints) => {
      const { now = Date.now(), from = "waiting", to = "active", ids, limit, lease, expired = 0 } = request;
      if (request.after !== undefined) throw wrongCursor("poll");
      const names = [...world.lanes.keys()].sort(byCodePoint);
      world.turn += 1;
      const turn = names.length === 0 ? 0 : world.turn % names.length;
      const all = [...names.slice(turn), ...names.slice(0, turn)];
      const shares = ids ? [...new Set(ids.map(laneOf))] : (request.lanes ?? all);
      const candidates = sorted(world, request.order === "touched" ? byTouch : byPoll).filter(
        ({ job }) =>
          job.state === from &&
          !job.lease &&
          job.runAt <= now &&
          world.lanes.get(job.lane)?.paused !== true &&
          (!ids || ids.includes(job.id)) &&
          matchesTypes(request.types, job.type) &&
          (!request.where || matches(request.where, job)),
      );
      const taken: Row[] = [];
      for (const share of shares) {
        const lane = typeof share === "string" ? share : share.lane;
        const most = typeof share === "string" ? limit : Math.min(limit, taken.length + share.limit);
        for (const row of candidates) {
          if (taken.length < most && row.job.lane === lane && !taken.includes(row)) taken.push(row);
        }
      }
      const lanes = new Set(shares.map((share) => (typeof share === "string" ? share : share.lane)));
      const ended = sorted(world, (a, b) => (a.job.lease?.until ?? 0) - (b.job.lease?.until ?? 0))
        .filter(({ job }) => lanes.has(job.lane) && job.lease && !isHeld(job, now))
        .slice(0, lease ? expired : 0);
      const jobs = taken.map((row) => {
        const granted = lease && { ...lease, token: next(world) };
        return this.#put(world, hints, row, advance(row.job, { to, now, ...(granted && { lease: granted }) }), now);
      });
      const rescued = ended.map((row) => {
        const job = takeOver(row.job, { ...(lease ?? { ms: 0, holder: "" }), token: next(world) }, now);
        return this.#put(world, hints, row, job, now);
      });
      const left = candidates.some((row) => lanes.has(row.job.lane) && !taken.includes(row));
      const times = [...world.rows.values()].flatMap(({ job }) => {
        if (!lanes.has(job.lane)) return [];
        if (job.lease) return [job.lease.until];
        return job.state === from && job.runAt > now && world.lanes.get(job.lane)?.paused !== true ? [job.runAt] : [];
      });
      if (left) times.push(now);
      return { jobs, expired: rescued, nextDueAt: times.length === 0 ? null : Math.min(...times) };
    });
  }

  async cas(changes: readonly Change[], at: At<Transaction> = {}): Promise<CasOutcome[]> {
    return this.#write(at, (world, hints) =>
      changes.map((change) => {
        const now = at.now ?? Date.now();
        const row = world.rows.get(change.id);
        const decision = decide(row?.job ?? null, change, now);
        if (decision.job === undefined || row === undefined) return decision.outcome;
        if (decision.renewal) row.job = decision.job;
        else {
          if (decision.requeue) row.inserted = next(world);
          this.#put(world, hints, row, decision.job, now, decision.events);
        }
        for (const child of change.spawn ?? []) this.#add(world, hints, child, now);
        return decision.outcome;
      }),
    );
  }

  async get(ids: readonly string[]): Promise<Found[]> {
    return structuredClone(ids.map((id) => this.store.world.rows.get(id)?.job ?? null));
  }

  async list(query: JobQuery): Promise<Page<Job>> {
    const { now = Date.now(), order = "inserted", states, lanes, group, types, where, after, limit } = query;
    const compare = { inserted: byInsertion, poll: byPoll, finished: byEnd }[order];
    const last = after === undefined ? undefined : (JSON.parse(decodeCursor(`list/${order}`, after, isText)) as Row);
    const rows = sorted(this.store.world, compare).filter((row) => {
      const { job } = row;
      const state = job.state === "waiting" && job.runAt > now && states?.includes("delayed") ? "delayed" : job.state;
      const isHidden = job.state === "waiting" && job.runAt > now && states && !states.includes("delayed");
      return (
        (!last || compare(last, row) < 0) &&
        (order !== "finished" || isTerminal(job.state)) &&
        !isHidden &&
        (!states || states.includes(state)) &&
        (!lanes || lanes.includes(job.lane)) &&
        (group === undefined || job.group === group) &&
        matchesTypes(types, job.type) &&
        (!where || matches(where, job))
      );
    });
    const page = structuredClone(rows.slice(0, limit));
    const items = page.map((row) => row.job);
    return rows.length > limit
      ? { items, after: encodeCursor(`list/${order}`, JSON.stringify(page.at(-1))) }
      : { items };
  }

  async remove(query: RemoveQuery): Promise<number> {
    return this.#write({}, (world) => {
      if ("ids" in query) return query.ids.filter((id) => drop(world, id)).length;
      const { now = Date.now(), states, lane, olderThanMs, limit } = query;
      const old = sorted(world, byEnd).filter(
        ({ job }) =>
          isTerminal(job.state) &&
          states.includes(job.state) &&
          (lane === undefined || job.lane === lane) &&
          (job.finishedAt ?? now) <= now - olderThanMs,
      );
      return old.slice(0, limit).filter(({ job }) => drop(world, job.id)).length;
    });
  }

  async append(entries: readonly NewEvent[], at: At<Transaction> = {}): Promise<AppendOutcome[]> {
    return this.#write(at, (world) =>
      entries.map(({ id, event, token }) => {
        const now = at.now ?? Date.now();
        const row = world.rows.get(id);
        if (!row) return { status: "missing" };
        if (token !== undefined && !(isHeld(row.job, now) && row.job.token === token)) return { status: "stale" };
        row.job = { ...row.job, updatedAt: now };
        row.touched = next(world);
        record(world, { id, at: now, kind: "user", data: event });
        return { status: "ok" };
      }),
    );
  }

  async events({ id, after, kinds, limit }: EventQuery): Promise<EventPage> {
    const [last = 0] = after === undefined ? [] : decodeCursor("events", after, isPlace(1));
    const entries = this.store.world.log.filter(
      ({ place, event }) =>
        place > last && (id === undefined || event.id === id) && (!kinds || kinds.includes(event.kind)),
    );
    const page = structuredClone(entries.slice(0, limit));
    return { items: page.map(({ event }) => event), after: encodeCursor("events", [page.at(-1)?.place ?? last]) };
  }

  async lanes({ now = Date.now() }: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    const { lanes, rows } = this.store.world;
    return [...lanes.keys()].sort(byCodePoint).map((lane) => {
      const counts: Record<string, number> = {};
      let oldestDueAt: number | null = null;
      for (const { job } of rows.values()) {
        if (job.lane !== lane) continue;
        const isDelayed = job.state === "waiting" && job.runAt > now;
        const state = isDelayed ? "delayed" : job.state;
        counts[state] = (counts[state] ?? 0) + 1;
        if (state === "waiting") oldestDueAt = Math.min(oldestDueAt ?? job.runAt, job.runAt);
      }
      return { lane, settings: { ...lanes.get(lane) }, counts, atLeast: [], oldestDueAt };
    });
  }

  async configure(lane: string, settings: LaneSettings): Promise<void> {
    const merged = { ...this.store.world.lanes.get(lane), ...settings };
    const set = Object.entries(merged).filter(([, value]) => value !== null);
    this.store.world.lanes.set(lane, Object.fromEntries(set) as LaneSettings);
  }

  async subscribe(wake: (hint: Hint) => void): Promise<() => void> {
    const own = (hint: Hint) => wake(hint);
    this.store.listeners.add(own);
    this.#mine.add(own);
    return () => void this.store.listeners.delete(own);
  }

  /** One step on the store, or on the caller's transaction, in which hints wait for the commit. */
  #write<T>({ tx }: At<Transaction>, step: (world: World, hints: Hint[]) => T): T {
    const hints: Hint[] = tx?.hints ?? [];
    const answer = step(tx?.world ?? this.store.world, hints);
    if (!tx) this.store.tell(hints);
    return structuredClone(answer);
  }

  #add(world: World, hints: Hint[], job: NewJob, now: number): InsertOutcome {
    if (world.rows.has(job.id)) return existing(world, job);
    if (!world.lanes.has(job.lane)) world.lanes.set(job.lane, {});
    const place = next(world);
    world.rows.set(job.id, { job: structuredClone(freshJob(job, now)), inserted: place, touched: place, finished: 0 });
    if (recordsAll(world, job.lane)) record(world, { id: job.id, at: now, kind: "inserted", to: job.state });
    hints.push({ lane: job.lane });
    return { status: "added", id: job.id };
  }

  /** Stores a job as a poll or a change leaves it, with what goes with it: log, hints, and not keeping it. */
  #put(world: World, hints: Hint[], row: Row, job: Job, now: number, events?: readonly JobEvent[]): Job {
    const moved = row.job.state === job.state ? [] : [movedEvent(row.job, job, now)];
    for (const event of events ?? moved) {
      if (event.kind !== "moved" || recordsAll(world, job.lane)) record(world, event);
    }
    const ends = isTerminal(job.state) && !isTerminal(row.job.state);
    row.job = job;
    row.touched = next(world);
    if (ends) row.finished = next(world);
    if (ends) hints.push({ job: job.id });
    else if (!job.lease) hints.push({ lane: job.lane });
    if (isTerminal(job.state) && world.lanes.get(job.lane)?.keep?.[job.state] === false) drop(world, job.id);
    return job;
  }
}

function existing(world: World, { id }: NewJob): InsertOutcome {
  const row = world.rows.get(id);
  return row ? { status: "existing", id, by: "id", job: row.job } : { status: "skipped" };
}

function recordsAll(world: World, lane: string): boolean {
  return world.lanes.get(lane)?.history === "all";
}

function record(world: World, event: JobEvent): void {
  world.log.push({ place: next(world), event: structuredClone(event) });
}

function drop(world: World, id: string): boolean {
  world.log = world.log.filter(({ event }) => event.id !== id);
  return world.rows.delete(id);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function sorted(world: World, compare: (a: Row, b: Row) => number): Row[] {
  return [...world.rows.values()].sort(compare);
}

function byPoll(a: Row, b: Row): number {
  return a.job.priority - b.job.priority || a.job.runAt - b.job.runAt || a.inserted - b.inserted;
}

function byInsertion(a: Row, b: Row): number {
  return a.inserted - b.inserted;
}

function byTouch(a: Row, b: Row): number {
  return a.touched - b.touched;
}

function byEnd(a: Row, b: Row): number {
  return (a.job.finishedAt ?? 0) - (b.job.finishedAt ?? 0) || a.finished - b.finished;
}
