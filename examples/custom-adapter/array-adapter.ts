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
  freshJob,
  type Hint,
  type InsertOutcome,
  isHeld,
  isPlace,
  isTerminal,
  type Job,
  type JobEvent,
  type JobQuery,
  laneOf,
  type LaneSettings,
  type LaneStatus,
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
} from "anyqueue";
import { byKeys, compare, type Entry, finishedPlace, insertedPlace, pollPlace, shown, touchedPlace } from "./orders.ts";

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
  #entries: Entry[] = [];
  #events: { readonly event: JobEvent; readonly position: number }[] = [];
  readonly #lanes = new Map<string, LaneSettings>();
  readonly #listeners = new Set<{ readonly wake: (hint: Hint) => void }>();
  // One counter for tokens, places and positions. It is never set back, so no token is ever used twice.
  #count = 0;
  #turn = 0;

  async open(): Promise<void> {}

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  async insert(jobs: readonly NewJob[], { now = Date.now(), allOrNone }: At = {}): Promise<InsertOutcome[]> {
    const existing = (job: NewJob, i: number): Job | undefined => {
      const twin = jobs.slice(0, i).find(({ id }) => id === job.id);
      return this.#find(job.id)?.job ?? (twin && freshJob(twin, now));
    };
    const duplicates = jobs.map(existing);
    const stops = allOrNone === true && duplicates.some((duplicate) => duplicate !== undefined);
    return jobs.map(({ id }, i) => {
      const duplicate = duplicates[i];
      if (duplicate) return { status: "existing", id, by: "id", job: structuredClone(duplicate) };
      if (stops) return { status: "skipped" };
      this.#add(jobs[i] as NewJob, now);
      return { status: "added", id };
    });
  }

  async poll(request: PollRequest): Promise<PollResult> {
    const { from = "waiting", to = "active", limit, lease, ids, types, where, expired = 0, now = Date.now() } = request;
    // It always looks at every job, so it never answers a place to go on from, and gets none.
    if (request.after !== undefined) throw wrongCursor("poll");
    const names = this.#lanesOf(request);
    const inLanes = this.#entries.filter(({ job }) => names.includes(job.lane));
    const isOpen = ({ lane }: Job): boolean => this.#lanes.get(lane)?.paused !== true;
    const candidates = inLanes
      .filter(({ job }) => job.state === from && !job.lease && job.runAt <= now && isOpen(job))
      .filter(
        ({ job }) => (!ids || ids.includes(job.id)) && matchesTypes(types, job.type) && (!where || matches(where, job)),
      )
      .sort(byKeys(request.order === "touched" ? touchedPlace : pollPlace));

    const chosen = new Set<Entry>();
    for (const share of request.lanes ?? names) {
      const { lane, limit: most } = typeof share === "string" ? { lane: share, limit } : share;
      const room = Math.min(most, limit - chosen.size);
      for (const entry of candidates.filter((it) => it.job.lane === lane && !chosen.has(it)).slice(0, room))
        chosen.add(entry);
    }
    const ended = inLanes
      .filter(({ job }) => job.lease !== undefined && job.lease.until <= now)
      .sort(byKeys(({ job }) => [job.lease?.until ?? 0]))
      .slice(0, lease ? expired : 0);

    const jobs = [...chosen].map((entry) => {
      const grant = lease && { lease: { ...lease, token: ++this.#count } };
      return this.#move(entry, advance(entry.job, { to, now, ...grant }), now);
    });
    const rescued = ended.map((entry) =>
      this.#move(
        entry,
        takeOver(entry.job, { ...(lease as NonNullable<typeof lease>), token: ++this.#count }, now),
        now,
      ),
    );
    return {
      jobs,
      expired: rescued,
      nextDueAt: limit > 0 && jobs.length === limit ? now : this.#nextDueAt(names, from, now),
    };
  }

  async cas(changes: readonly Change[], { now = Date.now() }: At = {}): Promise<CasOutcome[]> {
    return changes.map((change) => {
      const entry = this.#find(change.id);
      // The rules of a compare-and-set are the same for every adapter, so they are not written again here.
      const { outcome, job, ...decision } = decide(entry?.job ?? null, structuredClone(change), now);
      if (!entry || !job || !("events" in decision)) return outcome;
      if (decision.renewal) this.#replace(entry, { ...entry, job });
      else this.#write(entry, job, decision.events, decision.requeue);
      for (const child of change.spawn ?? []) if (!this.#find(child.id)) this.#add(child, now);
      return outcome;
    });
  }

  async get(ids: readonly string[]): Promise<Found[]> {
    return ids.map((id) => structuredClone(this.#find(id)?.job ?? null));
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
    const all = this.#entries
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
    const doomed =
      "ids" in query ? this.#entries.filter(({ job }) => query.ids.includes(job.id)) : this.#outdated(query);
    for (const entry of doomed) this.#drop(entry);
    return doomed.length;
  }

  async append(entries: readonly NewEvent[], { now = Date.now() }: At = {}): Promise<AppendOutcome[]> {
    return entries.map(({ id, event, token }) => {
      const entry = this.#find(id);
      if (!entry) return { status: "missing" };
      const { job } = entry;
      if (token !== undefined && !(isHeld(job, now) && job.token === token)) return { status: "stale" };
      this.#write(entry, { ...job, updatedAt: now }, [{ id, at: now, kind: "user", data: structuredClone(event) }]);
      return { status: "ok" };
    });
  }

  async events({ id, after, kinds, limit }: EventQuery): Promise<EventPage> {
    const [place = 0] = after === undefined ? [] : decodeCursor("events", after, isPlace(1));
    const page = this.#events
      .filter(({ event, position }) => position > place && (id === undefined || event.id === id))
      .filter(({ event }) => kinds === undefined || kinds.includes(event.kind))
      .slice(0, limit);
    const items = page.map(({ event }) => structuredClone(event));
    const cursors = page.map(({ position }) => encodeCursor("events", [position]));
    return { items, cursors, after: cursors.at(-1) ?? encodeCursor("events", [place]) };
  }

  async lanes({ now = Date.now() }: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    return [...this.#lanes.keys()].sort(byCodePoint).map((lane) => {
      const jobs = this.#entries.flatMap(({ job }) => (job.lane === lane ? [job] : []));
      const counts: Record<string, number> = {};
      for (const job of jobs) counts[shown(job, now)] = (counts[shown(job, now)] ?? 0) + 1;
      const due = jobs.filter((job) => shown(job, now) === "waiting").map(({ runAt }) => runAt);
      const oldestDueAt = due.length === 0 ? null : Math.min(...due);
      return { lane, settings: structuredClone(this.#lanes.get(lane) ?? {}), counts, atLeast: [], oldestDueAt };
    });
  }

  async configure(lane: string, settings: LaneSettings): Promise<void> {
    const merged = { ...this.#lanes.get(lane), ...structuredClone(settings) };
    this.#lanes.set(
      lane,
      Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)) as LaneSettings,
    );
  }

  async subscribe(wake: (hint: Hint) => void): Promise<() => void> {
    const listener = { wake };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #find(id: string): Entry | undefined {
    return this.#entries.find(({ job }) => job.id === id);
  }

  #add(fresh: NewJob, now: number): void {
    const job = freshJob(structuredClone(fresh), now);
    if (!this.#lanes.has(job.lane)) this.#lanes.set(job.lane, {});
    const place = ++this.#count;
    this.#entries.push({ job, seq: place, touched: place });
    this.#log(job.lane, { id: job.id, at: now, kind: "inserted", to: job.state });
    this.#tell(job);
  }

  #move(entry: Entry, job: Job, now: number): Job {
    this.#write(entry, job, job.state === entry.job.state ? [] : [movedEvent(entry.job, job, now)]);
    return structuredClone(job);
  }

  #write(entry: Entry, job: Job, events: readonly JobEvent[], requeue = false): void {
    const place = ++this.#count;
    this.#replace(entry, { job, seq: requeue ? place : entry.seq, touched: place });
    for (const event of events) this.#log(job.lane, event);
    this.#tell(job);
    const keep = this.#lanes.get(job.lane)?.keep;
    if (isTerminal(job.state) && keep?.[job.state] === false) this.#drop(this.#find(job.id) as Entry);
  }

  #replace(entry: Entry, next: Entry): void {
    this.#entries[this.#entries.indexOf(entry)] = next;
  }

  #drop({ job }: Entry): void {
    this.#entries = this.#entries.filter((entry) => entry.job.id !== job.id);
    this.#events = this.#events.filter(({ event }) => event.id !== job.id);
  }

  #log(lane: string, event: JobEvent): void {
    const isTransition = event.kind === "inserted" || event.kind === "moved";
    if (isTransition && this.#lanes.get(lane)?.history !== "all") return;
    this.#events.push({ event, position: ++this.#count });
  }

  #tell({ id, lane, state, lease }: Job): void {
    if (lease) return;
    const hint = isTerminal(state) ? { job: id } : { lane };
    // Later, so that whoever listens finds the call that told it finished.
    for (const { wake } of this.#listeners) queueMicrotask(() => wake(hint));
  }

  #lanesOf({ lanes, ids }: PollRequest): string[] {
    if (ids) return [...new Set(ids.map(laneOf))];
    if (lanes) return [...new Set(lanes.map((share) => (typeof share === "string" ? share : share.lane)))];
    const all = [...this.#lanes.keys()];
    const start = all.length === 0 ? 0 : this.#turn++ % all.length;
    return [...all.slice(start), ...all.slice(0, start)];
  }

  #nextDueAt(names: readonly string[], from: string, now: number): number | null {
    const times = this.#entries.flatMap(({ job }) => {
      if (!names.includes(job.lane)) return [];
      if (job.lease) return [job.lease.until];
      return job.state === from && this.#lanes.get(job.lane)?.paused !== true ? [Math.max(job.runAt, now)] : [];
    });
    return times.length === 0 ? null : Math.min(...times);
  }

  #outdated({ lane, states, olderThanMs, limit, now = Date.now() }: Exclude<RemoveQuery, { ids: unknown }>): Entry[] {
    return this.#entries
      .filter(
        ({ job }) => isTerminal(job.state) && states.includes(job.state) && (lane === undefined || job.lane === lane),
      )
      .filter(({ job }) => (job.finishedAt ?? 0) <= now - olderThanMs)
      .sort(byKeys(finishedPlace))
      .slice(0, limit);
  }
}
