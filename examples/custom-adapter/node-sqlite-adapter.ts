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
  isListed,
  isPlace,
  type Job,
  type JobEvent,
  type JobQuery,
  type LaneSettings,
  type LaneStatus,
  mergeSettings,
  type NewEvent,
  type NewJob,
  type Page,
  type PollRequest,
  type PollResult,
  type RemoveQuery,
  sharesOf,
  takeOver,
  takesKeyAgain,
  wrongCursor,
} from "@anyqueue/api";
import { charge, choose, nextDueAt, outdated, overdue } from "./choosing.ts";
import { JobLife } from "./job-life.ts";
import { type Entry, JobStore } from "./job-store.ts";

/** The orders of `list`: the columns to sort by, and a job's place among them. */
const ORDERS = {
  inserted: { columns: "seq", placeOf: ({ seq }: Entry) => [seq] },
  poll: { columns: "priority, run_at, seq", placeOf: ({ job, seq }: Entry) => [job.priority, job.runAt, seq] },
  finished: { columns: "finished_at, seq", placeOf: ({ job, seq }: Entry) => [job.finishedAt ?? 0, seq] },
} as const;

/** Where the store is. */
export interface NodeSqliteOptions {
  /** The file, or `:memory:`. */
  readonly path: string;
}

/** AnyQueue on `node:sqlite`: documents in a file, one step after the other. */
export class NodeSqliteAdapter implements Adapter {
  readonly name = "node-sqlite";
  readonly capabilities = Object.freeze({
    durability: "power-loss",
    scope: "machine",
    atomicity: "store",
    transactions: false,
    push: false,
  } as const);
  readonly #store: JobStore;
  readonly #life: JobLife;
  /** How many polls there were, so that those that name no lane begin at another one each time. */
  #round = 0;

  constructor({ path }: NodeSqliteOptions) {
    this.#store = new JobStore(path);
    this.#life = new JobLife(this.#store);
  }

  async open(): Promise<void> {
    this.#store.open();
  }

  async close(): Promise<void> {
    this.#store.close();
  }

  async insert(jobs: readonly NewJob[], { now = Date.now(), allOrNone }: At = {}): Promise<InsertOutcome[]> {
    return this.#life.step(() => {
      const outcomes = jobs.map((job) => this.#life.add(job, now));
      if (allOrNone === true && outcomes.some(({ status }) => status !== "added")) {
        this.#life.undo();
        return outcomes.map((outcome) => (outcome.status === "added" ? { status: "skipped" } : outcome));
      }
      const added = outcomes.flatMap((outcome) => (outcome.status === "added" ? outcome.id : []));
      this.#life.begin(added, now);
      return outcomes.map((outcome) => this.#asStored(outcome));
    });
  }

  async poll(request: PollRequest): Promise<PollResult> {
    // It goes on until it has found enough, so it never answers a place to go on from, and gets none.
    if (request.after !== undefined) throw wrongCursor("poll");
    const { to = "active", limit, lease, expired = 0, now = Date.now() } = request;
    return this.#life.step(() => {
      const shares = sharesOf(request, this.#store.laneNames(), this.#round++);
      const lanes = [...new Set(shares.map(({ lane }) => lane))];
      const ended = overdue(this.#store, lanes, expired, now);
      const chosen = choose(this.#store, shares, request, now);
      charge(this.#store, chosen, now);
      const jobs = chosen.map((entry) => {
        const grant = lease && { lease: { ...lease, token: this.#store.next() } };
        return this.#life.move(entry, advance(entry.job, { to, now, ...grant }), now);
      });
      const rescued = ended.flatMap((entry) => {
        if (!lease) return [];
        return this.#life.move(entry, takeOver(entry.job, { ...lease, token: this.#store.next() }, now), now);
      });
      // What this poll has ended may let others go on.
      this.#life.giveTurns();
      const isFull = limit > 0 && jobs.length === limit;
      return { jobs, expired: rescued, nextDueAt: isFull ? now : nextDueAt(this.#store, lanes, request, now), now };
    });
  }

  async cas(changes: readonly Change[], { now = Date.now() }: At = {}): Promise<CasOutcome[]> {
    return this.#life.step(() => changes.map((change) => this.#apply(change, now)));
  }

  async get(ids: readonly string[]): Promise<Found[]> {
    return ids.map((id) => this.#store.find(id)?.job ?? null);
  }

  async list(query: JobQuery): Promise<Page<Job>> {
    const { order = "inserted", limit, after, now = Date.now() } = query;
    const { columns, placeOf } = ORDERS[order];
    const zero = columns.split(",").map(() => -1);
    const place = after === undefined ? zero : decodeCursor(`list/${order}`, after, isPlace(zero.length));
    const sql = `WHERE (${columns}) > (${place.map(() => "?").join()}) ORDER BY ${columns}`;
    const items: Job[] = [];
    let last: Entry | undefined;
    for (const entry of this.#store.jobs(sql, place)) {
      if (!isListed(entry.job, query, now)) continue;
      if (last && items.length === limit) return { items, after: encodeCursor(`list/${order}`, placeOf(last)) };
      items.push(entry.job);
      last = entry;
    }
    return { items };
  }

  async remove(query: RemoveQuery): Promise<number> {
    const { now = Date.now() } = query;
    return this.#life.step(() => {
      const doomed =
        "ids" in query
          ? [...new Set(query.ids)].flatMap((id) => this.#store.find(id) ?? [])
          : outdated(this.#store, this.#life, query, now);
      return this.#life.remove(doomed, now);
    });
  }

  async append(entries: readonly NewEvent[], { now = Date.now() }: At = {}): Promise<AppendOutcome[]> {
    return this.#life.step(() =>
      entries.map(({ id, event, token }) => {
        const entry = this.#store.find(id);
        if (!entry) return { status: "missing" };
        if (token !== undefined && !(isHeld(entry.job, now) && entry.job.token === token)) return { status: "stale" };
        this.#store.put({ ...entry, job: { ...entry.job, updatedAt: now }, touched: this.#store.next() });
        this.#store.log(entry.job.lane, { id, at: now, kind: "user", data: event });
        return { status: "ok" };
      }),
    );
  }

  async events({ id, after, kinds, limit }: EventQuery): Promise<EventPage> {
    const [place = 0] = after === undefined ? [] : decodeCursor("events", after, isPlace(1));
    const fits = "(?1 IS NULL OR job = ?1) AND (?2 IS NULL OR kind IN (SELECT value FROM json_each(?2)))";
    const sql = `SELECT * FROM event WHERE ${fits} AND position > ?3 ORDER BY position LIMIT ?4`;
    const rows = [...this.#store.rows(sql, [id ?? null, kinds ? JSON.stringify(kinds) : null, place, limit])];
    const cursors = rows.map(({ position }) => encodeCursor("events", [Number(position)]));
    const items = rows.map(({ body }) => JSON.parse(String(body)) as JobEvent);
    return { items, cursors, after: cursors.at(-1) ?? encodeCursor("events", [place]) };
  }

  async lanes({ now = Date.now() }: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    const isFree = "lease_until IS NULL";
    const shownAs = `CASE WHEN state = 'waiting' AND run_at > ? AND ${isFree} THEN 'delayed' ELSE state END AS shown`;
    const first = `min(CASE WHEN ${isFree} THEN run_at END) AS first`;
    const sql = `SELECT ${shownAs}, count(*) AS count, ${first} FROM job WHERE lane = ? GROUP BY 1`;
    const names = this.#store.laneNames().toSorted(byCodePoint);
    return names.map((lane) => {
      const rows = [...this.#store.rows(sql, [now, lane])];
      const counts = Object.fromEntries(rows.map(({ shown: state, count }) => [String(state), Number(count)]));
      const due = rows.find(({ shown: state }) => state === "waiting")?.["first"] ?? null;
      const { settings } = this.#store.lane(lane);
      return { lane, settings, counts, atLeast: [], oldestDueAt: due === null ? null : Number(due) };
    });
  }

  async configure(lane: string, settings: LaneSettings): Promise<void> {
    this.#life.step(() => {
      const before = this.#store.lane(lane);
      const bucket = settings.rate === null ? undefined : before.bucket;
      this.#store.putLane(lane, { settings: mergeSettings(before.settings, settings), bucket });
      this.#life.lookAtLines(lane);
      this.#store.wake({ lane });
    });
  }

  async subscribe(wake: (hint: Hint) => void): Promise<() => void> {
    return this.#store.listen(wake);
  }

  /** A job of the same call that was answered as existing may have begun since. */
  #asStored(outcome: InsertOutcome): InsertOutcome {
    return outcome.status === "existing"
      ? { ...outcome, job: this.#store.find(outcome.id)?.job ?? outcome.job }
      : outcome;
  }

  #apply(change: Change, now: number): CasOutcome {
    const entry = this.#store.find(change.id);
    // The rules of a compare-and-set are the same for every adapter, so they are not written again here.
    const decision = decide(entry?.job ?? null, change, now);
    if (!entry || !decision.job) return decision.outcome;
    const { job, outcome, events, renewal, requeue } = decision;
    const holder = takesKeyAgain(entry.job, job, now) && this.#life.holder(job, now);
    if (holder) return { status: "duplicate", id: holder.id };
    if (renewal) this.#store.put({ ...entry, job });
    else this.#life.write(entry, job, events, now, requeue);
    if (!change.spawn) return outcome;
    const outcomes = change.spawn.map((child) => this.#life.add(child, now, true));
    const added = outcomes.flatMap((each) => (each.status === "added" ? each.id : []));
    this.#life.begin(added, now);
    return { ...outcome, spawned: outcomes.flatMap((each) => ("id" in each ? each.id : [])) };
  }
}
