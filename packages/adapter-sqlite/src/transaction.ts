import { type Job, type LaneSettings, type JobEvent } from "@anyqueue/api";
import type { End } from "./dependencies.ts";
import { Hints } from "./hints.ts";
import { Lines } from "./lines.ts";
import { Room } from "./room.ts";
import type { Statements } from "./statements.ts";
import type { Ticks } from "./ticks.ts";

/** What a write verb works with: a connection inside a transaction, and what is to be told after the commit. */
export class Transaction {
  readonly sql: Statements;
  readonly hints = new Hints();
  readonly room: Room;
  /** What a verb leaves for `followUp`: jobs that ended, … */
  readonly ends: End[] = [];
  /** … those of them that need not know any more what they depended on, … */
  readonly independent: string[] = [];
  /** … those that are not to be kept, not written yet, … */
  readonly dropped: Dropped[] = [];
  /** … and lines with a turn to give. */
  readonly lines = new Lines();
  /** The settings of the lanes looked up so far; null stands for a lane that does not exist. */
  readonly #lanes = new Map<string, LaneSettings | null>();
  /** The last place in the insertion order that was given away; nobody else gives any while this transaction lasts. */
  #lastSeq: number | undefined;
  readonly #ticks: Ticks;

  constructor(sql: Statements, ticks: Ticks) {
    this.sql = sql;
    this.#ticks = ticks;
    this.room = new Room(sql);
  }

  /** Writes what was only counted so far. To be done before the commit. */
  finish(): void {
    this.room.keep();
  }

  /** Does some work, and undoes it unless its outcome fits. */
  attempt<T>(work: () => T, fits: (value: T) => boolean): { readonly value: T; readonly isUndone: boolean } {
    const { sql, hints } = this;
    this.finish();
    const told = [...hints];
    sql.mark.run();
    const value = work();
    const isUndone = !fits(value);
    if (isUndone) {
      sql.undo.run();
      this.#lanes.clear();
      this.#lastSeq = undefined;
      this.#ticks.clear();
      this.room.clear();
      hints.reset(told);
    }
    sql.settle.run();
    return { value, isUndone };
  }

  /** The settings of a lane, which comes into being if it is not there yet. */
  enter(lane: string): LaneSettings {
    const known = this.#find(lane);
    if (known !== null) return known;
    const settings = {};
    this.sql.addLane.run(lane);
    this.#lanes.set(lane, settings);
    return settings;
  }

  /** The settings of a lane; none where it does not exist. */
  settingsOf(lane: string): LaneSettings {
    return this.#find(lane) ?? {};
  }

  /** Forgets a lane's settings, which have just been changed. */
  forget(lane: string): void {
    this.#lanes.delete(lane);
    this.room.forget(lane);
  }

  /** Takes `count` numbers from the store's counter and answers the first one. Never the same ones twice (P13). */
  ticks(count: number): number {
    return this.#ticks.take(this.sql, count);
  }

  /** New places at the end of the insertion order, which no job ever had, removed ones included (P7); the first of them. */
  nextSeq(count = 1): number {
    const last = this.#lastSeq ?? this.sql.lastSeq.get() ?? 0;
    this.#lastSeq = last + count;
    return last + 1;
  }

  /** Writes to the log; `inserted` and `moved` only in lanes that record everything (P22). */
  log(lane: string, event: JobEvent): void {
    const isTransition = event.kind === "inserted" || event.kind === "moved";
    if (isTransition && !this.records(lane)) return;
    const { id, at, kind, ...detail } = event;
    this.sql.appendEvent.run(id, at, kind, JSON.stringify(detail));
  }

  /** Whether every insertion and transition is logged (P22). */
  records(lane: string): boolean {
    return this.settingsOf(lane).history === "all";
  }

  /** Tells those who may wait for it that a lease of a lane was given up (P19). */
  freeSlot(lane: string): void {
    if (this.settingsOf(lane).concurrency != null) this.hints.lane(lane);
  }

  /** Removes jobs with their events, and whatever else was noted about them (P26). */
  remove(jobs: readonly { readonly seq: number; readonly id: string }[]): number {
    if (jobs.length === 0) return 0;
    const ids = JSON.stringify(jobs.map(({ id }) => id));
    this.sql.removeEvents.run(ids);
    if (this.sql.hasNotes.get() === 1) {
      this.sql.removeTakers.run(ids);
      this.sql.removeDependencies.run(ids);
    }
    const last = this.sql.lastSeq.get() ?? 0;
    if (jobs.some(({ seq }) => seq === last)) this.sql.keepLastSeq.run(last);
    return this.sql.removeJobs.run(JSON.stringify(jobs.map(({ seq }) => seq))).changes;
  }

  #find(lane: string): LaneSettings | null {
    let settings = this.#lanes.get(lane);
    if (settings === undefined) {
      const stored = this.sql.findLane.get(lane);
      settings = stored === undefined ? null : parseSettings(stored);
      this.#lanes.set(lane, settings);
    }
    return settings;
  }
}

/** A lane's settings from their column. */
export function parseSettings(text: string | undefined): LaneSettings {
  return text === undefined || text === "{}" ? {} : (JSON.parse(text) as LaneSettings);
}

/** A job as it is stored, beside its place in the insertion order, under which it is written, and its `place`. */
export interface Stored {
  readonly seq: number;
  readonly place: number;
  readonly job: Job;
}

/** A job that is not to be kept, and what keeps it all the same. */
export interface Dropped {
  readonly seq: number;
  readonly id: string;
  readonly keep: () => void;
}
