import type { Statements } from "./statements.ts";

/**
 * How many more jobs the lanes with a capacity take (P19). It is counted once after a lane was configured, no further
 * than the capacity, and from then on kept in the lane's row with every job that comes, ends or returns; so a lane of a
 * hundred thousand jobs that is full most of the time costs no more than an empty one.
 */
export class Room {
  readonly #sql: Statements;
  /** Null stands for a lane with more jobs than it takes; they are counted again each time until they are fewer. */
  readonly #known = new Map<string, number | null>();
  readonly #changed = new Set<string>();

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  isFull(lane: string, capacity: number): boolean {
    let room = this.#find(lane);
    if (room === null) {
      room = capacity - (this.#sql.countUnfinished.get(lane, capacity + 1) ?? 0);
      if (room >= 0) this.#set(lane, room);
    }
    return room <= 0;
  }

  /** Counts a job that took room in a lane with a capacity, or left it. */
  change(lane: string, by: 1 | -1): void {
    const room = this.#find(lane);
    if (room !== null) this.#set(lane, room + by);
  }

  /** Forgets what is known of a lane whose settings were changed. */
  forget(lane: string): void {
    this.#known.delete(lane);
    this.#changed.delete(lane);
  }

  /** Writes what has changed. */
  keep(): void {
    for (const lane of this.#changed) this.#sql.keepRoom.run(this.#known.get(lane) ?? null, lane);
    this.#changed.clear();
  }

  /** Forgets everything since it was last kept, which was undone. */
  clear(): void {
    this.#known.clear();
    this.#changed.clear();
  }

  #find(lane: string): number | null {
    let room = this.#known.get(lane);
    if (room === undefined) {
      room = this.#sql.findRoom.get(lane) ?? null;
      this.#known.set(lane, room);
    }
    return room;
  }

  #set(lane: string, room: number): void {
    this.#known.set(lane, room);
    this.#changed.add(lane);
  }
}
