import type { HeldJob } from "./held-job.ts";
import { HeldJobs } from "./held-jobs.ts";
import { prefetchFor, RunningMean } from "./prefetch.ts";

/** How much a worker may hold. */
export interface HandsOptions {
  readonly concurrency: number;
  /** How many jobs to hold beyond those that run; when absent it follows from how quick the handlers are. */
  readonly prefetch: number | undefined;
}

/** A job that waits this long for a handler goes back, in milliseconds, so that another worker can start it. */
const TOO_LONG = 1000;
/** What one poll may ask for. */
const MOST = 10_000;

/** The jobs in a worker's hands: those that wait for a handler, those that run, those that are being settled. */
export class Hands {
  readonly #options: HandsOptions;
  readonly #pace = new RunningMean();
  readonly running = new HeldJobs("placeInHands");
  #waiting: HeldJob[] = [];
  #settling = 0;
  /** Set while jobs went back because no handler ended: those taken ahead would only wait here again. */
  #isStuck = false;

  constructor(options: HandsOptions) {
    this.#options = options;
  }

  /** How many jobs wait for a handler. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Nothing runs, and nothing is being settled. */
  get areQuiet(): boolean {
    return this.running.size + this.#settling === 0;
  }

  get areEmpty(): boolean {
    return this.areQuiet && this.#waiting.length === 0;
  }

  /** How many jobs to ask for: none while enough wait, so that polls are few and large. */
  get room(): number {
    const ahead = this.#ahead();
    if (this.isSettlingTooMuch || this.#waiting.length > Math.floor(ahead / 2)) return 0;
    return Math.min(MOST, this.#options.concurrency - this.running.size + ahead - this.#waiting.length);
  }

  /** The store is slower than the handlers, so that claiming more would only pile up what has to be settled. */
  get isSettlingTooMuch(): boolean {
    return this.#settling > 2 * (this.#options.concurrency + this.#ahead());
  }

  take(held: HeldJob): void {
    this.#waiting.push(held);
  }

  /** Moves the next job to those that run, if one waits and a handler is free. */
  start(): HeldJob | undefined {
    if (this.running.size >= this.#options.concurrency) return undefined;
    const held = this.#waiting.shift();
    if (held) this.running.add(held);
    return held;
  }

  /** A handler has ended after so many milliseconds, and its job is to be settled. */
  end(held: HeldJob, duration: number): void {
    this.running.delete(held);
    this.#isStuck = false;
    this.#pace.add(duration);
    this.#settling++;
  }

  settled(): void {
    this.#settling--;
  }

  /** All that wait for a handler; they are to be handed back. */
  giveUpWaiting(): HeldJob[] {
    return this.#giveUp(this.#waiting.splice(0));
  }

  /** Those that waited too long while no handler was free; they are to be handed back. */
  giveUpOld(): HeldJob[] {
    const limit = performance.now() - TOO_LONG;
    if (this.running.size < this.#options.concurrency) return [];
    const old = this.#waiting.filter((held) => held.since < limit);
    if (old.length === 0) return old;
    this.#waiting = this.#waiting.filter((held) => held.since >= limit);
    // Else this worker would be the first to hear of them, and have them again before anybody else.
    this.#isStuck = true;
    return this.#giveUp(old);
  }

  #giveUp(jobs: HeldJob[]): HeldJob[] {
    this.#settling += jobs.length;
    return jobs;
  }

  #ahead(): number {
    const { concurrency, prefetch } = this.#options;
    if (this.#isStuck) return 0;
    return prefetch ?? prefetchFor(concurrency, this.#pace.value);
  }
}
