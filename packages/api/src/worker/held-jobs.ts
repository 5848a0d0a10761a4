import type { HeldJob } from "./held-job.ts";

/**
 * Held jobs in no order, each in it once. Not a `Set`, whose table is made anew again and again as jobs come and go: a
 * table that was given up still refers to its jobs and to the table after it, so as soon as one of them is old, V8 keeps
 * every job that ever comes for its costly collections.
 */
export class HeldJobs {
  readonly #jobs: HeldJob[] = [];
  readonly #place: "placeInHeart" | "placeInHands";

  /** `place` is where a job notes its place among these. */
  constructor(place: "placeInHeart" | "placeInHands") {
    this.#place = place;
  }

  get size(): number {
    return this.#jobs.length;
  }

  has(held: HeldJob): boolean {
    return this.#jobs[held[this.#place]] === held;
  }

  add(held: HeldJob): void {
    held[this.#place] = this.#jobs.length;
    this.#jobs.push(held);
  }

  /** The last one takes the place of the one that goes. */
  delete(held: HeldJob): void {
    if (!this.has(held)) return;
    const place = held[this.#place];
    const last = this.#jobs.pop();
    if (last === undefined || last === held) return;
    last[this.#place] = place;
    this.#jobs[place] = last;
  }

  /** As they are now: what is done with one of them may take it out. */
  list(): readonly HeldJob[] {
    return [...this.#jobs];
  }
}
