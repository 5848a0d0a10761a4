import type { Hint, PollRequest } from "@anyqueue/api";
import type { Beginning, DueRow, EventRow, JobRow, LaneRow, Outdated, Rows } from "@anyqueue/api/step";
import { notWritten } from "./not-written.ts";

/**
 * What a step asks of MyStore, within one transaction: give the constructor what it needs to ask within it. Each question
 * first awaits `write`, so that its answer tells of what was saved before. In the order in which to write them.
 */
export class MyStoreRows implements Rows {
  /** What to tell those who listen, once the step is committed. */
  readonly hints: Hint[] = [];
  /** Not written yet, by id: a step often changes a job several times. */
  readonly #saved = new Map<string, JobRow>();
  #logged: EventRow[] = [];

  /** Writes what was saved and logged. Each question does so first, and the end of a step. */
  async write(): Promise<void> {
    const rows = [...this.#saved.values()];
    const events = this.#logged;
    this.#saved.clear();
    this.#logged = [];
    if (rows.length + events.length > 0) throw notWritten("write");
  }

  save(row: JobRow): void {
    this.#saved.set(row.id, row);
  }

  log(row: EventRow): void {
    this.#logged.push(row);
  }

  tell(hints: readonly Hint[]): void {
    this.hints.push(...hints);
  }

  /** The counter, 0 at first, and every lane. */
  async begin(): Promise<Beginning> {
    throw notWritten("begin");
  }

  async saveLane(row: LaneRow): Promise<void> {
    throw notWritten("saveLane");
  }

  async saveCounter(counter: number): Promise<void> {
    throw notWritten("saveCounter");
  }

  async byId(ids: readonly string[]): Promise<JobRow[]> {
    throw notWritten("byId");
  }

  /** Those of these lanes whose lease has ended, the first to end first. */
  async overdue(lanes: readonly string[], now: number, limit: number): Promise<JobRow[]> {
    throw notWritten("overdue");
  }

  /** Those of a lane in state `from` with the turn, without a lease and due, in the request's order. */
  async open(lane: string, request: PollRequest, now: number, limit: number | null): Promise<Iterable<JobRow>> {
    throw notWritten("open");
  }

  /** For each lane: its leases, the first end of one, and the first `runAt` of a job that is open, both also if past. */
  async due(lanes: readonly string[], from: string): Promise<DueRow[]> {
    throw notWritten("due");
  }

  /** Removes jobs with their events. */
  async remove(ids: readonly string[]): Promise<void> {
    throw notWritten("remove");
  }

  /** The same, but spares those on which an unfinished job depends. */
  async removeSpare(ids: readonly string[]): Promise<void> {
    throw notWritten("removeSpare");
  }

  /** Finished jobs that `isOutdated`, the first to finish first, without those on which an unfinished one depends. */
  async outdated(query: Outdated, now: number): Promise<JobRow[]> {
    throw notWritten("outdated");
  }

  /** Who took these unique keys last. */
  async byKey(keys: readonly string[]): Promise<JobRow[]> {
    throw notWritten("byKey");
  }

  /** Lets nobody be the one who took these keys last. */
  async freeKeys(keys: readonly string[]): Promise<void> {
    throw notWritten("freeKeys");
  }

  /** How many jobs of a lane have not ended. */
  async unfinished(lane: string): Promise<number> {
    throw notWritten("unfinished");
  }

  /** Gives each line so many turns: who has one keeps it, the first to be inserted get the rest. Answers their lanes. */
  async giveTurns(lines: readonly string[], turns: readonly number[]): Promise<string[]> {
    throw notWritten("giveTurns");
  }

  /** The lines of a lane. There are none before `giveTurns` is written. */
  async linesOf(lane: string): Promise<string[]> {
    return [];
  }

  /** Those who miss one of these. Nobody, as long as jobs that depend on others are left for last. */
  async waitingFor(ids: readonly string[]): Promise<JobRow[]> {
    return [];
  }

  /** Those, those who miss them, and so on. */
  async waitingBehind(ids: readonly string[]): Promise<JobRow[]> {
    return [];
  }
}
