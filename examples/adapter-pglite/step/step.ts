import { advance, fateOf, type Hint, hintsOf, isRecorded, isTerminal, type Job, type JobEvent } from "@anyqueue/api";
import { type Json, keepsTurn, keptFor, laneOf, movedEvents, type NewJob } from "@anyqueue/api";
import type { Entry, Lane, Rows } from "./rows.ts";

type Keyed = Pick<NewJob, "lane" | "unique">;

/** One verb in its transaction: what it does to jobs, and what follows from that for others. */
export class Step {
  readonly rows: Rows;
  readonly now: number;
  readonly lanes: Map<string, Lane>;
  /** As JSON, each once. */
  readonly hints = new Set<string>();
  /** The last number that was given. */
  counter: number;
  /** Jobs that ended in this step, or null for those that are gone, of whom their dependents do not know yet. */
  readonly #ended = new Map<string, Job | null>();
  /** Jobs as they are, of which a change is to come, and who waits for each. Forgotten when a change reaches further. */
  readonly #ahead = new Map<string, Entry>();
  readonly #waitingAhead = new Map<string, Entry[]>();
  /** The lines in which a turn may be free. */
  readonly #lines = new Set<string>();

  constructor(rows: Rows, lanes: readonly Lane[], counter: number, now: number) {
    this.rows = rows;
    this.lanes = new Map(lanes.map((lane) => [lane.lane, lane]));
    this.counter = counter;
    this.now = now;
  }

  /** Gives the free turns (P18), when all else is done. */
  async end(): Promise<void> {
    const lines = [...this.#lines];
    if (lines.length === 0) return;
    this.#lines.clear();
    const turns = lines.map((line) => this.lane(laneOf(line)).settings.keyConcurrency ?? 1);
    for (const lane of await this.rows.giveTurns(lines, turns)) this.hint({ lane });
  }

  lane(lane: string): Lane {
    return this.lanes.get(lane) ?? { lane, settings: {} };
  }

  async setLane(lane: Lane): Promise<void> {
    this.lanes.set(lane.lane, lane);
    await this.rows.saveLane(lane);
  }

  /** A number for a token, a place or a position. None is given twice. */
  next(): number {
    return ++this.counter;
  }

  hint(hint: Hint): void {
    this.hints.add(JSON.stringify(hint));
  }

  /** Lets free turns of a line be given when the step ends. */
  giveTurns(line: string): void {
    this.#lines.add(line);
  }

  /** Reads what many changes are about in two queries, instead of in two for each. */
  async readAhead(ids: readonly string[]): Promise<void> {
    for (const entry of await this.rows.byId(ids)) this.#ahead.set(entry.id, entry);
    const waiting = (await this.rows.waitingFor(ids)).map((entry) => this.#ahead.get(entry.id) ?? entry);
    const byParent = byMissing(waiting);
    for (const id of ids) this.#waitingAhead.set(id, byParent.get(id) ?? []);
  }

  async find(id: string): Promise<Entry | undefined> {
    return this.#ahead.get(id) ?? (await this.rows.byId([id]))[0];
  }

  /** Who took these jobs' unique keys last, by key (P17). */
  async takersOf(jobs: readonly Keyed[]): Promise<Map<string | null, Entry>> {
    const keys = jobs.flatMap((job) => keyOf(job) ?? []);
    const takers = keys.length === 0 ? [] : await this.rows.byKey(keys);
    return new Map(takers.map((entry) => [entry.key, entry]));
  }

  /** Makes way for those who take keys now. */
  async freeKeys(takers: readonly Pick<Entry, "key">[]): Promise<void> {
    const keys = takers.flatMap(({ key }) => key ?? []);
    if (keys.length === 0) return;
    this.#forget();
    await this.rows.freeKeys(keys);
  }

  /** Lets an added job begin. `follow` has to come behind. */
  async begin(entry: Entry): Promise<void> {
    const { id, lane, state } = entry.job;
    this.#forget();
    if (!this.lanes.has(lane)) await this.setLane(this.lane(lane));
    this.#written(null, entry, [{ id, at: this.now, kind: "inserted", to: state }]);
  }

  /** Puts a changed job in the place of the one before. `follow` has to come behind. */
  put(entry: Entry, job: Job, events?: readonly JobEvent[], isRequeued = false): void {
    const before = entry.job;
    entry.job = job;
    entry.touched = this.next();
    if (isRequeued) entry.seq = entry.touched;
    if (job.state !== "blocked") entry.missing = [];
    if (job.orderingKey !== undefined) entry.turn &&= keepsTurn(job, isRequeued);
    this.#written(before, entry, events ?? movedEvents(before, job, this.now));
  }

  /** Logs what a user says about a job. */
  say(entry: Entry, data: Json): void {
    const { id, lane } = entry.job;
    entry.job = { ...entry.job, updatedAt: this.now };
    entry.touched = this.next();
    this.rows.save(entry);
    this.#log(lane, { id, at: this.now, kind: "user", data });
  }

  /** Takes jobs out. For those that depend on them it is as if they had never been there. */
  async remove(entries: readonly Entry[]): Promise<number> {
    await this.rows.remove(entries.map(({ id }) => id));
    for (const { id, job } of entries) {
      this.#ended.set(id, null);
      if (job.orderingKey !== undefined) this.giveTurns(`${job.lane}:${job.orderingKey}`);
      for (const hint of hintsOf(job, null, this.lane(job.lane).settings)) this.hint(hint);
    }
    await this.follow();
    return entries.length;
  }

  /** Goes on with those that wait for jobs that ended, and with whom that cancels; then drops what nobody keeps. */
  async follow(): Promise<void> {
    const all: Job[] = [];
    const waiting = await this.#waiting();
    while (this.#ended.size > 0) {
      const ended = new Map(this.#ended);
      this.#ended.clear();
      for (const job of ended.values()) if (job) all.push(job);
      const reached = new Set([...ended.keys()].flatMap((id) => waiting.get(id) ?? []));
      for (const entry of reached) if (entry.missing.some((id) => ended.has(id))) this.#judge(entry, ended);
    }
    const unkept = all.filter((job) => keptFor(job, this.lane(job.lane).settings.keep) === false);
    if (unkept.length > 0) await this.rows.removeSpare(unkept.map(({ id }) => id));
  }

  /** Whom the jobs that ended may reach, by what they wait for. One that completed cancels nobody, so it reaches no further. */
  async #waiting(): Promise<ReadonlyMap<string, readonly Entry[]>> {
    const ids = [...this.#ended.keys()];
    if (ids.length === 0) return new Map();
    const isFar = ids.some((id) => this.#ended.get(id)?.state !== "completed");
    const isRead = ids.every((id) => this.#waitingAhead.has(id));
    const isReached = !isRead || ids.some((id) => this.#waitingAhead.get(id)?.length);
    if (isRead && !(isFar && isReached)) return this.#waitingAhead;
    const entries = await (isFar ? this.rows.waitingBehind(ids) : this.rows.waitingFor(ids));
    if (entries.length > 0) this.#forget();
    return byMissing(entries);
  }

  /** Lets a blocked job go on, or not, now that some of those it waits for have ended or are gone (P20). */
  #judge(entry: Entry, ended: ReadonlyMap<string, Job | null>): void {
    const fates = entry.missing.map((id) => {
      const parent = ended.get(id);
      return parent === undefined ? "wait" : fateOf(parent?.state ?? null, entry.job.onParent);
    });
    entry.missing = entry.missing.filter((_, i) => fates[i] === "wait");
    const to = fates.includes("cancel") ? "cancelled" : "waiting";
    if (to === "waiting" && entry.missing.length > 0) this.rows.save(entry);
    else this.put(entry, advance(entry.job, { to, now: this.now }));
  }

  #written(before: Job | null, entry: Entry, events: readonly JobEvent[]): void {
    const { id, lane, state, orderingKey } = entry.job;
    this.rows.save(entry);
    if (isTerminal(state) && state !== before?.state) this.#ended.set(id, entry.job);
    if (orderingKey !== undefined) this.giveTurns(`${lane}:${orderingKey}`);
    for (const event of events) this.#log(lane, event);
    for (const hint of hintsOf(before, entry.job, this.lane(lane).settings)) this.hint(hint);
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

function byMissing(entries: readonly Entry[]): Map<string, Entry[]> {
  const waiting = new Map<string, Entry[]>();
  for (const entry of entries) {
    for (const id of entry.missing)
      waiting
        .set(id, waiting.get(id) ?? [])
        .get(id)
        ?.push(entry);
  }
  return waiting;
}

/** A lane and unique key as one text: no lane has a colon in its name. */
export function keyOf({ lane, unique }: Keyed): string | null {
  return unique ? `${lane}:${unique.key}` : null;
}
