import {
  type Adapter,
  advance,
  type AppendOutcome,
  type At,
  byCodePoint,
  type CasOutcome,
  type Change,
  decide,
  decodeCursor,
  encodeCursor,
  type EventPage,
  type EventQuery,
  type Found,
  type Hint,
  type InsertOutcome,
  isHeld,
  isPlace,
  type Job,
  type JobQuery,
  laneOf,
  type LaneSettings,
  type LaneShare,
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
  takesKeyAgain,
  withStarts,
  wrongCursor,
} from "anyqueue";
import { ArrayStore } from "./array-store.ts";
import { choose, ended, laneNamed, nextDueAt, outdated } from "./choosing.ts";
import { byKeys, compare, finishedPlace, insertedPlace, pollPlace, shown } from "./orders.ts";

/** Jobs in one array, every verb a plain loop: the contract without any cleverness. */
export class ArrayAdapter implements Adapter {
  readonly name = "array";
  readonly capabilities = Object.freeze({
    durability: "none",
    scope: "process",
    atomicity: "store",
    transactions: false,
    push: true,
  } as const);
  readonly #store = new ArrayStore();
  #round = 0;

  async open(): Promise<void> {}

  async close(): Promise<void> {
    this.#store.listeners.clear();
  }

  async insert(jobs: readonly NewJob[], { now = Date.now(), allOrNone }: At = {}): Promise<InsertOutcome[]> {
    const outcomes = jobs.map((job) => this.#store.add(job, now));
    if (allOrNone === true && outcomes.some(({ status }) => status !== "added")) {
      this.#store.takeBack();
      return outcomes.map((outcome) => (outcome.status === "added" ? { status: "skipped" } : outcome));
    }
    this.#store.refuseCircles();
    this.#store.begin(now);
    this.#store.giveTurns();
    return outcomes;
  }

  async poll(request: PollRequest): Promise<PollResult> {
    // It always looks at every job, so it never answers a place to go on from, and gets none.
    if (request.after !== undefined) throw wrongCursor("poll");
    const { to = "active", limit, lease, expired = 0, now = Date.now() } = request;
    const store = this.#store;
    const shares = this.#sharesOf(request);
    const lanes = [...new Set(shares.map(laneNamed))];
    const chosen = choose(store, shares, request, now);
    const overdue = ended(store, lanes, now).slice(0, expired);

    const jobs = chosen.map((entry) => {
      const { rate } = store.settings(entry.job.lane);
      if (rate) store.buckets.set(entry.job.lane, withStarts(store.buckets.get(entry.job.lane), rate, now, 1));
      const grant = lease && { lease: { ...lease, token: store.next() } };
      return store.move(entry, advance(entry.job, { to, now, ...grant }), now);
    });
    const rescued = overdue.flatMap((entry) => {
      return lease ? store.move(entry, takeOver(entry.job, { ...lease, token: store.next() }, now), now) : [];
    });
    store.giveTurns();
    const isFull = limit > 0 && jobs.length === limit;
    return { jobs, expired: rescued, nextDueAt: isFull ? now : nextDueAt(store, lanes, request, now), now };
  }

  async cas(changes: readonly Change[], { now = Date.now() }: At = {}): Promise<CasOutcome[]> {
    // Only what is spawned can be refused when something is written already.
    const undo = changes.some(({ spawn }) => spawn?.some(({ dependsOn }) => dependsOn)) && this.#store.remember();
    try {
      const outcomes = changes.map((change) => this.#apply(change, now));
      this.#store.giveTurns();
      return outcomes;
    } catch (error) {
      if (undo) undo();
      throw error;
    }
  }

  async get(ids: readonly string[]): Promise<Found[]> {
    return ids.map((id) => structuredClone(this.#store.find(id)?.job ?? null));
  }

  async list({
    lanes,
    states,
    types,
    group,
    where,
    order = "inserted",
    limit,
    after,
    now = Date.now(),
  }: JobQuery): Promise<Page<Job>> {
    const placeOf = { inserted: insertedPlace, poll: pollPlace, finished: finishedPlace }[order];
    const length = { inserted: 1, poll: 3, finished: 2 }[order];
    const place = after === undefined ? undefined : decodeCursor(`list/${order}`, after, isPlace(length));
    const all = this.#store.entries
      .filter(({ job }) => (!lanes || lanes.includes(job.lane)) && (!states || states.includes(shown(job, now))))
      .filter(({ job }) => matchesTypes(types, job.type) && (group === undefined || job.group === group))
      .filter(({ job }) => (!where || matches(where, job)) && (order !== "finished" || job.finishedAt !== undefined))
      .sort(byKeys(placeOf))
      .filter((entry) => place === undefined || compare(placeOf(entry), place) > 0);
    const page = all.slice(0, limit);
    const last = page.at(-1);
    const items = page.map(({ job }) => structuredClone(job));
    return last && all.length > limit ? { items, after: encodeCursor(`list/${order}`, placeOf(last)) } : { items };
  }

  async remove(query: RemoveQuery): Promise<number> {
    const { now = Date.now() } = query;
    const doomed =
      "ids" in query
        ? this.#store.entries.filter(({ job }) => query.ids.includes(job.id))
        : outdated(this.#store, query, now);
    this.#store.remove(doomed, now);
    this.#store.giveTurns();
    return doomed.length;
  }

  async append(entries: readonly NewEvent[], { now = Date.now() }: At = {}): Promise<AppendOutcome[]> {
    return entries.map(({ id, event, token }) => {
      const entry = this.#store.find(id);
      if (!entry) return { status: "missing" };
      if (token !== undefined && !(isHeld(entry.job, now) && entry.job.token === token)) return { status: "stale" };
      this.#store.note(entry, structuredClone(event), now);
      return { status: "ok" };
    });
  }

  async events({ id, after, kinds, limit }: EventQuery): Promise<EventPage> {
    const [place = 0] = after === undefined ? [] : decodeCursor("events", after, isPlace(1));
    const page = this.#store.events
      .filter(({ event, position }) => position > place && (id === undefined || event.id === id))
      .filter(({ event }) => kinds === undefined || kinds.includes(event.kind))
      .slice(0, limit);
    const items = page.map(({ event }) => structuredClone(event));
    const cursors = page.map(({ position }) => encodeCursor("events", [position]));
    return { items, cursors, after: cursors.at(-1) ?? encodeCursor("events", [place]) };
  }

  async lanes({ now = Date.now() }: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    return [...this.#store.lanes.keys()].sort(byCodePoint).map((lane) => {
      const jobs = this.#store.entries.flatMap(({ job }) => (job.lane === lane ? [job] : []));
      const counts: Record<string, number> = {};
      for (const job of jobs) counts[shown(job, now)] = (counts[shown(job, now)] ?? 0) + 1;
      const due = jobs.filter((job) => shown(job, now) === "waiting").map(({ runAt }) => runAt);
      const oldestDueAt = due.length === 0 ? null : Math.min(...due);
      return { lane, settings: structuredClone(this.#store.settings(lane)), counts, atLeast: [], oldestDueAt };
    });
  }

  async configure(lane: string, settings: LaneSettings): Promise<void> {
    const merged = { ...this.#store.settings(lane), ...structuredClone(settings) };
    this.#store.lanes.set(lane, Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)));
    if (settings.rate === null) this.#store.buckets.delete(lane);
    this.#store.giveTurns();
    this.#store.wake({ lane });
  }

  async subscribe(wake: (hint: Hint) => void): Promise<() => void> {
    const listener = { wake };
    this.#store.listeners.add(listener);
    return () => void this.#store.listeners.delete(listener);
  }

  #apply(change: Change, now: number): CasOutcome {
    const store = this.#store;
    const entry = store.find(change.id);
    // The rules of a compare-and-set are the same for every adapter, so they are not written again here.
    const decision = decide(entry?.job ?? null, structuredClone(change), now);
    if (!entry || !decision.job) return decision.outcome;
    const { job } = decision;
    const holder = takesKeyAgain(entry.job, job, now) && store.holder(job, now);
    if (holder) return { status: "duplicate", id: holder.id };
    if (decision.renewal) entry.job = job;
    else store.write(entry, job, decision.events, now, decision.requeue);
    if (!change.spawn) return decision.outcome;
    const spawned = change.spawn.map((child) => {
      const outcome = store.add(child, now, true);
      return "id" in outcome ? outcome.id : child.id;
    });
    store.refuseCircles();
    store.begin(now);
    return { ...decision.outcome, spawned };
  }

  /** Every lane: from another one each time, so that none starves. */
  #sharesOf({ lanes, ids }: PollRequest): readonly LaneShare[] {
    if (ids) return [...new Set(ids.map(laneOf))];
    if (lanes) return lanes;
    const all = [...this.#store.lanes.keys()];
    const start = all.length === 0 ? 0 : this.#round++ % all.length;
    return [...all.slice(start), ...all.slice(0, start)];
  }
}
