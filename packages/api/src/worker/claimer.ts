import { setImmediate as nextTurn } from "node:timers/promises";
import type { Job } from "../contract/job.ts";
import type { LaneShare, PollResult } from "../contract/poll.ts";
import { isQueueError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { Alarm } from "../alarm.ts";

/** How a claimer claims. */
export interface ClaimerOptions {
  readonly store: Pick<Store, "poll" | "now">;
  /** The lanes of a poll for this many jobs; absent, every lane. */
  readonly lanesFor: (limit: number) => readonly LaneShare[] | undefined;
  readonly types: readonly string[] | undefined;
  readonly lease: { readonly ms: number; readonly holder: string };
  /** How long to sleep at most when there is nothing to do, in milliseconds. */
  readonly intervalMs: number;
  /** How many jobs can be taken now. */
  readonly room: () => number;
  /** Takes jobs in, with the time from which their lease counts at the latest. */
  readonly take: (jobs: readonly Job[], sentAt: number) => void;
  readonly onIdle: () => void;
  readonly onError: (error: unknown) => void;
}

const FIRST_PAUSE = 5;
/** How long to go on without a sleep before timers, signals and sockets have their turn, in milliseconds. */
const LONGEST_RUN = 10;
/** How long to leave a store alone at most that has failed, in milliseconds. */
const LONGEST_REST = 5000;

/**
 * The one loop of a worker that asks the store for jobs: at once while there are some, else at the next due time, at a
 * hint, or after the interval, so that jobs run within it even when every hint is lost (P24).
 */
export class Claimer {
  readonly #options: ClaimerOptions;
  readonly #alarm = new Alarm();
  /** Rung only to stop: a rest is not cut short by hints, since the store has just failed. */
  readonly #rest = new Alarm();
  #stopping = false;
  #pause = FIRST_PAUSE;
  #breathedAt = 0;
  /** The last time it looked, there was no room. */
  #isFull = false;
  #after: string | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: ClaimerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Looks again: there may be jobs. */
  nudge(): void {
    this.#alarm.ring();
  }

  /** Looks again if it waits for room, and there is some; who had some knows already what there is to do. */
  noteRoom(): void {
    if (this.#isFull && this.#options.room() > 0) this.nudge();
  }

  /** Resolves when no poll is on its way any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#alarm.ring();
    this.#rest.ring();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        // What it was woken for so far is there to be seen.
        this.#alarm.hush();
        const room = this.#options.room();
        this.#isFull = room <= 0;
        const sentAt = performance.now();
        const sleepMs = this.#isFull ? Infinity : this.#takeIn(await this.#poll(room), sentAt);
        if (sleepMs > 0 && !this.#stopping) await this.#alarm.sleep(sleepMs);
        else if (performance.now() - this.#breathedAt >= LONGEST_RUN) await this.#breathe();
      } catch (error) {
        await this.#recover(error);
      }
    }
  }

  /** A store in memory answers without leaving the turn of the event loop, and nothing else would ever run. */
  async #breathe(): Promise<void> {
    await nextTurn();
    this.#breathedAt = performance.now();
  }

  async #recover(error: unknown): Promise<void> {
    if (isQueueError(error, "CLOSED")) {
      this.#stopping = true;
      return;
    }
    this.#options.onError(error);
    this.#pause = Math.min(this.#pause * 2, this.#options.intervalMs, LONGEST_REST);
    await this.#rest.sleep(this.#pause);
  }

  #poll(limit: number): Promise<PollResult> {
    const { store, lanesFor, types, lease } = this.#options;
    const lanes = lanesFor(limit);
    const after = this.#after;
    return store.poll({
      limit,
      lease,
      ...(lanes && { lanes }),
      ...(types && { types }),
      ...(after !== undefined && { after }),
    });
  }

  /** Answers how long there is nothing to do. */
  #takeIn(found: PollResult, sentAt: number): number {
    this.#after = found.after;
    if (found.jobs.length > 0) {
      this.#pause = FIRST_PAUSE;
      this.#options.take(found.jobs, sentAt);
      // Fewer than there is room for are all that are due, and the answer tells when to look again (P10).
      if (found.nextDueAt !== null && found.nextDueAt <= found.now) return 0;
    }
    if (found.after !== undefined) return 0;
    if (found.jobs.length === 0) this.#options.onIdle();
    return this.#untilNext(found);
  }

  #untilNext({ nextDueAt, now }: PollResult): number {
    const { intervalMs } = this.#options;
    const longest = intervalMs * (0.75 + Math.random() / 2);
    if (nextDueAt === null) return longest;
    const left = nextDueAt - now;
    if (left > 0) return Math.min(left, longest);
    // Something is due that this worker cannot take yet, such as the end of a lease that is not settled: do not spin.
    this.#pause = Math.min(this.#pause * 2, longest);
    return this.#pause;
  }
}
