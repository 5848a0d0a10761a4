import { type Job, type LaneSettings, type JobEvent } from "@anyqueue/api";
import { Hints } from "./hints.ts";
import type { Statements } from "./statements.ts";

/** What a write verb works with: a connection inside a transaction, and what is to be told after the commit. */
export class Transaction {
  readonly sql: Statements;
  readonly hints = new Hints();
  /** The settings of the lanes looked up so far; null stands for a lane that does not exist. */
  readonly #lanes = new Map<string, LaneSettings | null>();
  /** The last place in the insertion order that was given away; nobody else gives any while this transaction lasts. */
  #lastSeq: number | undefined;

  constructor(sql: Statements) {
    this.sql = sql;
  }

  /** Lets a lane come into being if it is not there yet. */
  enter(lane: string): void {
    if (this.#find(lane) !== null) return;
    this.sql.addLane.run(lane);
    this.#lanes.set(lane, {});
  }

  /** The settings of a lane; none where it does not exist. */
  settingsOf(lane: string): LaneSettings {
    return this.#find(lane) ?? {};
  }

  /** Forgets a lane's settings, which have just been changed. */
  forget(lane: string): void {
    this.#lanes.delete(lane);
  }

  /** Takes `count` numbers from the store's counter and answers the first one. Never the same ones twice (P13). */
  ticks(count: number): number {
    return (this.sql.nextTicks.get(count) ?? 0) - count + 1;
  }

  /** A new place at the end of the insertion order, which no job ever had, removed ones included (P7). */
  nextSeq(): number {
    this.#lastSeq = (this.#lastSeq ?? this.sql.lastSeq.get() ?? 0) + 1;
    return this.#lastSeq;
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

  /** Whether jobs of this state are removed in the step that finishes them (P26). */
  discards(lane: string, state: string): boolean {
    const keep = this.settingsOf(lane).keep;
    return keep?.[state as keyof typeof keep] === false;
  }

  /** Removes jobs with their events (P26). */
  remove(jobs: readonly { readonly seq: number; readonly id: string }[]): number {
    if (jobs.length === 0) return 0;
    this.sql.removeEvents.run(JSON.stringify(jobs.map(({ id }) => id)));
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

/** A job beside its place in the insertion order, under which it is written. */
export interface Stored {
  readonly seq: number;
  readonly job: Job;
}
