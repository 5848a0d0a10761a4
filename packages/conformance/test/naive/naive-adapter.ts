import {
  type Adapter,
  type AppendOutcome,
  type At,
  advance,
  byCodePoint,
  type CasOutcome,
  type Change,
  decodeCursor,
  encodeCursor,
  type EventPage,
  type EventQuery,
  type Found,
  type Hint,
  type InsertOutcome,
  isHeld,
  isPlace,
  isTerminal,
  type Job,
  type JobQuery,
  type LaneSettings,
  type LaneStatus,
  matches,
  matchesTypes,
  type NewEvent,
  type NewJob,
  type Page,
  type PollRequest,
  type PollResult,
  type RemoveQuery,
  takeOver,
  withStarts,
  wrongCursor,
} from "@anyqueue/api";
import { choose, nextDueAt, sharesOf } from "./choice.ts";
import { byEnd, byInsertion, byLeaseEnd, byPoll, sorted } from "./orders.ts";
import { outdated } from "./retention.ts";
import { Step } from "./step.ts";
import { emptyWorld, next, record, type Row, settingsOf, type Transaction, type World } from "./world.ts";

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
    const mayFail = at.allOrNone === true || jobs.some((job) => job.dependsOn);
    return this.#write(at, mayFail, (step) => {
      const planned = jobs.map((job) => step.add(job));
      step.judge();
      const outcomes = planned.map((outcome) => current(step.world, outcome, jobs));
      if (!at.allOrNone || outcomes.every((each) => each.status === "added")) return outcomes;
      step.isUndone = true;
      return outcomes.map((each) => (each.status === "added" ? { status: "skipped" } : each));
    });
  }

  async poll(request: PollRequest): Promise<PollResult> {
    if (request.after !== undefined) throw wrongCursor("poll");
    return this.#write(request, false, (step) => {
      const { world, now } = step;
      const { to = "active", lease, expired = 0 } = request;
      const shares = sharesOf(world, request);
      const lanes = new Set(shares.map((share) => share.lane));
      const taken = choose(world, request, shares, now);
      const ended = sorted(world, byLeaseEnd)
        .filter(({ job }) => lanes.has(job.lane) && job.lease && !isHeld(job, now))
        .slice(0, lease ? expired : 0);
      for (const lane of lanes) countStarts(world, lane, taken, now);
      const jobs = taken.map((row) => {
        const granted = lease && { ...lease, token: next(world) };
        return step.put(row, advance(row.job, { to, now, ...(granted && { lease: granted }) }));
      });
      const rescued = ended.map((row) => {
        return step.put(row, takeOver(row.job, { ...(lease ?? { ms: 0, holder: "" }), token: next(world) }, now));
      });
      step.finish();
      return { jobs, expired: rescued, nextDueAt: nextDueAt(world, request, shares, now), now };
    });
  }

  async cas(changes: readonly Change[], at: At<Transaction> = {}): Promise<CasOutcome[]> {
    const mayFail = changes.some(({ spawn }) => spawn?.some((job) => job.dependsOn));
    return this.#write(at, mayFail, (step) => changes.map((change) => step.change(change)));
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
    return this.#write(query.now === undefined ? {} : { now: query.now }, false, (step) => {
      const ids = "ids" in query ? query.ids : outdated(step.world, query).map((row) => row.job.id);
      const meant = [...new Set(ids)].filter((id) => step.world.rows.has(id));
      for (const id of meant) step.remove(id);
      return meant.length;
    });
  }

  async append(entries: readonly NewEvent[], at: At<Transaction> = {}): Promise<AppendOutcome[]> {
    return this.#write(at, false, ({ world, now }) =>
      entries.map(({ id, event, token }) => {
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
    const cursors = page.map(({ place }) => encodeCursor("events", [place]));
    const end = cursors.at(-1) ?? encodeCursor("events", [last]);
    return { items: page.map(({ event }) => event), cursors, after: end };
  }

  async lanes({ now = Date.now() }: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    const { lanes, rows } = this.store.world;
    return [...lanes.keys()].sort(byCodePoint).map((lane) => {
      const counts: Record<string, number> = {};
      let oldestDueAt: number | null = null;
      for (const { job } of rows.values()) {
        if (job.lane !== lane) continue;
        const isDelayed = job.state === "waiting" && job.runAt > now && !job.lease;
        const state = isDelayed ? "delayed" : job.state;
        counts[state] = (counts[state] ?? 0) + 1;
        if (state === "waiting" && !job.lease) oldestDueAt = Math.min(oldestDueAt ?? job.runAt, job.runAt);
      }
      return { lane, settings: { ...lanes.get(lane) }, counts, atLeast: [], oldestDueAt };
    });
  }

  async configure(lane: string, settings: LaneSettings): Promise<void> {
    return this.#write({}, false, ({ world, hints }) => {
      const set = Object.entries({ ...world.lanes.get(lane), ...settings }).filter(([, value]) => value !== null);
      world.lanes.set(lane, Object.fromEntries(set) as LaneSettings);
      if (settings.rate === null) world.buckets.delete(lane);
      hints.push({ lane });
    });
  }

  async subscribe(wake: (hint: Hint) => void): Promise<() => void> {
    const own = (hint: Hint) => wake(hint);
    this.store.listeners.add(own);
    this.#mine.add(own);
    return () => void this.store.listeners.delete(own);
  }

  /** One step on the store, or on the caller's transaction, in which hints wait for the commit. */
  #write<T>({ tx, now = Date.now() }: At<Transaction>, mayFail: boolean, work: (step: Step) => T): T {
    const place: { world: World } = tx ?? this.store;
    const step = new Step(mayFail ? structuredClone(place.world) : place.world, now);
    const answer = work(step);
    if (!step.isUndone) {
      step.finish();
      place.world = step.world;
      if (tx) tx.hints.push(...step.hints);
      else this.store.tell(step.hints);
    }
    return structuredClone(answer);
  }
}

/** The job that is there already may be one of this call, of which only now is known how it begins, or that it ended. */
function current(world: World, outcome: InsertOutcome, jobs: readonly NewJob[]): InsertOutcome {
  if (outcome.status !== "existing") return outcome;
  const row = world.rows.get(outcome.id);
  if (row) return { ...outcome, job: row.job };
  const state = jobs.find(({ id }) => id === outcome.id)?.state ?? outcome.job.state;
  return { ...outcome, job: { ...outcome.job, state } };
}

function countStarts(world: World, lane: string, taken: readonly Row[], now: number): void {
  const { rate } = settingsOf(world, lane);
  const starts = taken.filter((row) => row.job.lane === lane).length;
  if (rate && starts > 0) world.buckets.set(lane, withStarts(world.buckets.get(lane), rate, now, starts));
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
