import { type Hint, isTerminal, type Job, type JobEvent, type Json, laneOf } from "../contract/index.ts";
import { advance, fateOf, keepsTurn, keptFor, movedEvents } from "../semantics/index.ts";
import { hintsOf } from "./hints.ts";
import { type Keyed, keyOf } from "./keys.ts";
import { isRecorded } from "./recording.ts";
import type { Beginning, JobRow, LaneRow, Rows } from "./rows.ts";
import { ask, type Work } from "./work.ts";

/** One verb in its transaction: what it does to jobs, and what follows from that for others. */
export class Step {
  readonly rows: Rows;
  readonly now: number;
  readonly lanes: Map<string, LaneRow>;
  /** The last number that was given. */
  counter: number;
  /** By what they say, each once. */
  readonly #hints = new Map<string, Hint>();
  /** Jobs that ended in this step, or null for those that are gone, of whom their dependents do not know yet. */
  readonly #ended = new Map<string, Job | null>();
  /** Jobs that were read ahead, each one object, and by id those who wait for it. Forgotten when others are changed. */
  readonly #ahead = new Map<string, JobRow>();
  readonly #waitingAhead = new Map<string, JobRow[]>();
  /** The lines in which a turn may be free. */
  readonly #lines = new Set<string>();

  constructor(rows: Rows, { counter, lanes }: Beginning, now: number) {
    this.rows = rows;
    this.lanes = new Map(lanes.map((lane) => [lane.lane, lane]));
    this.counter = counter;
    this.now = now;
  }

  /** What to tell those who listen (P24). */
  get hints(): readonly Hint[] {
    return [...this.#hints.values()];
  }

  hint(hint: Hint): void {
    this.#hints.set(JSON.stringify(hint), hint);
  }

  lane(lane: string): LaneRow {
    return this.lanes.get(lane) ?? { lane, settings: {} };
  }

  *setLane(lane: LaneRow): Work<void> {
    this.lanes.set(lane.lane, lane);
    yield* ask(this.rows.saveLane(lane));
  }

  /** A number for a token, a place or a position. None is given twice. */
  next(): number {
    return ++this.counter;
  }

  /** Notes that turns of this line may be free. */
  lookAtLine(line: string): void {
    this.#lines.add(line);
  }

  /** Gives the free turns (P18). Comes last, since who has a turn keeps it. */
  *giveTurns(): Work<void> {
    const lines = [...this.#lines];
    if (lines.length === 0) return;
    this.#lines.clear();
    const turns = lines.map((line) => this.lane(laneOf(line)).settings.keyConcurrency ?? 1);
    for (const lane of yield* ask(this.rows.giveTurns(lines, turns))) this.hint({ lane });
  }

  /** Reads what many changes are about in two queries, instead of in two for each. */
  *readAhead(ids: readonly string[]): Work<void> {
    for (const row of yield* ask(this.rows.byId(ids))) this.#ahead.set(row.id, row);
    for (const id of ids) this.#waitingAhead.set(id, []);
    for (const read of yield* ask(this.rows.waitingFor(ids))) {
      const row = this.#ahead.get(read.id) ?? read;
      this.#ahead.set(row.id, row);
      for (const id of row.missing) this.#waitingAhead.get(id)?.push(row);
    }
  }

  *find(id: string): Work<JobRow | undefined> {
    return this.#ahead.get(id) ?? (yield* ask(this.rows.byId([id])))[0];
  }

  /** Who took these jobs' unique keys last, by key (P17). */
  *takersOf(jobs: readonly Keyed[]): Work<Map<string | null, JobRow>> {
    const keys = jobs.flatMap((job) => keyOf(job) ?? []);
    const takers = keys.length === 0 ? [] : yield* ask(this.rows.byKey(keys));
    return new Map(takers.map((row) => [row.key, row]));
  }

  /** Makes way for those who take keys now. */
  *freeKeys(takers: readonly Pick<JobRow, "key">[]): Work<void> {
    const keys = takers.flatMap(({ key }) => key ?? []);
    if (keys.length === 0) return;
    this.#forget();
    yield* ask(this.rows.freeKeys(keys));
  }

  /** Lets an added job begin. `follow` has to come behind. */
  *begin(row: JobRow): Work<void> {
    const { id, lane, state } = row.job;
    this.#forget();
    if (!this.lanes.has(lane)) yield* this.setLane(this.lane(lane));
    this.#written(null, row, [{ id, at: this.now, kind: "inserted", to: state }]);
  }

  /** Puts a changed job in the place of the one before. `follow` has to come behind. */
  put(row: JobRow, job: Job, events?: readonly JobEvent[], isRequeued = false): void {
    const before = row.job;
    row.job = job;
    row.touched = this.next();
    if (isRequeued) row.seq = row.touched;
    if (job.state !== "blocked") row.missing = [];
    if (job.orderingKey !== undefined) row.turn &&= keepsTurn(job, isRequeued);
    this.#written(before, row, events ?? movedEvents(before, job, this.now));
  }

  /** Logs what a user says about a job. */
  say(row: JobRow, data: Json): void {
    const { id, lane } = row.job;
    row.job = { ...row.job, updatedAt: this.now };
    row.touched = this.next();
    this.rows.save(row);
    this.#log(lane, { id, at: this.now, kind: "user", data });
  }

  /** Takes jobs out. For those that depend on them it is as if they had never been there. */
  *remove(rows: readonly JobRow[]): Work<void> {
    yield* ask(this.rows.remove(rows.map(({ id }) => id)));
    for (const { id, job } of rows) {
      this.#ended.set(id, null);
      if (job.orderingKey !== undefined) this.lookAtLine(`${job.lane}:${job.orderingKey}`);
      for (const hint of hintsOf(job, null, this.lane(job.lane).settings)) this.hint(hint);
    }
    yield* this.follow();
  }

  /** Goes on with those that wait for jobs that ended, and with whom that cancels; then drops what nobody keeps (P20, P26). */
  *follow(): Work<void> {
    const all: Job[] = [];
    const waiting = yield* this.#waiting();
    while (this.#ended.size > 0) {
      const ended = new Map(this.#ended);
      this.#ended.clear();
      for (const job of ended.values()) if (job) all.push(job);
      const reached = new Set([...ended.keys()].flatMap((id) => waiting.get(id) ?? []));
      for (const row of reached) this.#judge(row, ended);
    }
    const unkept = all.filter((job) => keptFor(job, this.lane(job.lane).settings.keep) === false);
    if (unkept.length > 0) yield* ask(this.rows.removeSpare(unkept.map(({ id }) => id)));
  }

  /** Whom the jobs that ended may reach, by what they wait for. One that completed cancels nobody, so it reaches no further. */
  *#waiting(): Work<ReadonlyMap<string, JobRow[]>> {
    const ids = [...this.#ended.keys()];
    const isFar = ids.some((id) => this.#ended.get(id)?.state !== "completed");
    const ahead = ids.map((id) => this.#waitingAhead.get(id));
    if (ahead.every((rows) => rows !== undefined && (rows.length === 0 || !isFar))) return this.#waitingAhead;
    const rows = yield* ask(isFar ? this.rows.waitingBehind(ids) : this.rows.waitingFor(ids));
    if (rows.length > 0) this.#forget();
    const waiting = new Map<string, JobRow[]>();
    for (const row of rows) {
      for (const id of row.missing) {
        const others = waiting.get(id) ?? [];
        others.push(row);
        waiting.set(id, others);
      }
    }
    return waiting;
  }

  /** Lets a blocked job go on, or not, now that some of those it waits for have ended or are gone (P20). */
  #judge(row: JobRow, ended: ReadonlyMap<string, Job | null>): void {
    // Cancelled since, because of another of them.
    if (!row.missing.some((id) => ended.has(id))) return;
    const fates = row.missing.map((id) => {
      const parent = ended.get(id);
      return parent === undefined ? "wait" : fateOf(parent?.state ?? null, row.job.onParent);
    });
    row.missing = row.missing.filter((_, i) => fates[i] === "wait");
    const to = fates.includes("cancel") ? "cancelled" : "waiting";
    if (to === "waiting" && row.missing.length > 0) this.rows.save(row);
    else this.put(row, advance(row.job, { to, now: this.now }));
  }

  #written(before: Job | null, row: JobRow, events: readonly JobEvent[]): void {
    const { id, lane, state, orderingKey } = row.job;
    this.rows.save(row);
    if (isTerminal(state) && state !== before?.state) this.#ended.set(id, row.job);
    if (orderingKey !== undefined) this.lookAtLine(`${lane}:${orderingKey}`);
    for (const event of events) this.#log(lane, event);
    for (const hint of hintsOf(before, row.job, this.lane(lane).settings)) this.hint(hint);
  }

  #log(lane: string, event: JobEvent): void {
    if (!isRecorded(event, this.lane(lane).settings)) return;
    this.rows.log({ position: this.next(), id: event.id, kind: event.kind, event });
  }

  #forget(): void {
    this.#ahead.clear();
    this.#waitingAhead.clear();
  }
}
