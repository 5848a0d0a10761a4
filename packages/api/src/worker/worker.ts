import { EventEmitter } from "node:events";
import { hostname } from "node:os";
import type { Job } from "../contract/job.ts";
import { LONGEST_TIMER } from "../alarm.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import { afterHandBack, type FailurePolicy } from "../policy/failure.ts";
import type { Wakeups } from "../queue/wakeups.ts";
import type { Store } from "../store/store.ts";
import { Claimer } from "./claimer.ts";
import { Heart } from "./heart.ts";
import { HeldJob } from "./held-job.ts";
import { LaneShares } from "./lane-shares.ts";
import { prefetchFor, RunningMean } from "./prefetch.ts";
import { reportError } from "./report.ts";
import { runAttempt, type RunnerOptions } from "./runner.ts";
import { Settler, type Settling } from "./settler.ts";
import type { WorkerSettings } from "./worker-options.ts";

/** What a worker tells. */
export interface WorkerEvents {
  completed: [job: Job, result: unknown];
  /** An attempt failed; `final` when the job is `failed` for good. */
  failed: [job: Job, error: unknown, final: boolean];
  cancelled: [job: Job];
  /** The job was no longer this worker's when it came to settle it. */
  lost: [job: Job];
  /** Nothing is due in its lanes, and nothing is running. */
  idle: [];
  /** Something failed in the machinery; the worker goes on. */
  error: [error: unknown];
}

/** What a worker needs of its queue. */
export interface Workplace {
  readonly store: Pick<Store, "poll" | "cas" | "append" | "rescueNowAndThen">;
  readonly wakeups: Wakeups;
  readonly policy: FailurePolicy;
  readonly types: readonly string[] | undefined;
  readonly handlerOf: RunnerOptions["handlerOf"];
  readonly checkResult: RunnerOptions["checkResult"];
  readonly build: RunnerOptions["build"];
  readonly onStopped: (worker: Worker) => void;
}

/** A stale buffered job goes back after this long, in milliseconds, so that another worker can start it. */
const BUFFERED_TOO_LONG = 1000;

let workers = 0;

/**
 * Claims jobs and runs handlers for them: one claimer with a bounded buffer, settling merged into as few calls as
 * possible, heartbeats for all leases together. It fences itself: a handler is told to stop before its lease can end.
 */
export class Worker extends EventEmitter<WorkerEvents> {
  /** How it is called in leases. */
  readonly holder: string;
  readonly #place: Workplace;
  readonly #settings: WorkerSettings;
  readonly #runner: RunnerOptions;
  readonly #claimer: Claimer;
  readonly #heart: Heart;
  readonly #settler: Settler;
  readonly #pace = new RunningMean();
  readonly #lanes: readonly string[] | undefined;
  #buffer: HeldJob[] = [];
  readonly #running = new Set<HeldJob>();
  #settling = 0;
  #found = false;
  /** It handed back what its handlers did not come to; until one of them is free it claims nothing ahead. */
  #isStuck = false;
  #idlers: (() => void)[] = [];
  #stopped: Promise<void> | undefined;
  #stopListening: (() => void) | undefined;
  #onQuiet: (() => void) | undefined;

  constructor(place: Workplace, settings: WorkerSettings) {
    super();
    this.#place = place;
    this.#settings = settings;
    this.holder = settings.holder ?? `${hostname().slice(0, 100)}/${process.pid}/${++workers}`;
    const { handlerOf, checkResult, build } = place;
    const { timeoutMs, graceMs, leaseMs, intervalMs, weights } = settings;
    this.#runner = { ...place.policy, handlerOf, checkResult, build, timeoutMs, graceMs };
    const shares = weights && new LaneShares(weights);
    this.#lanes = weights && [...weights.keys()];
    const onError = (error: unknown): void => this.#report(error);
    this.#claimer = new Claimer({
      store: place.store,
      lanesFor: (limit) => shares?.divide(limit),
      types: place.types,
      lease: { ms: leaseMs, holder: this.holder },
      intervalMs,
      room: () => this.#room(),
      take: (jobs, sentAt) => this.#take(jobs, sentAt),
      onIdle: () => this.#noteIdle(),
      onError,
    });
    this.#settler = new Settler({
      store: place.store,
      policy: this.#runner,
      onSettled: (settling, lost) => this.#noteSettled(settling, lost),
      onError,
    });
    this.#heart = new Heart(place.store, { leaseMs, onError, onBeat: () => this.#lookAfter() });
  }

  /** Begins to claim; `queue.work` does it. */
  start(): void {
    this.#claimer.start();
    void this.#listen();
  }

  /** How many jobs it is running, and how many it holds that wait for a handler. */
  get load(): { readonly running: number; readonly buffered: number } {
    return { running: this.#running.size, buffered: this.#buffer.length };
  }

  /** Resolves when nothing is due in its lanes and nothing is running, or when the worker has stopped. */
  idle(): Promise<void> {
    if (this.#stopped) return this.#stopped;
    return new Promise((resolve) => {
      this.#idlers.push(resolve);
      this.#claimer.nudge();
    });
  }

  /**
   * Stops claiming, gives back uncharged what has not begun, and waits for the handlers that run. Those still running
   * after `grace` (that of the worker when absent) are told to stop, and given back if they do not within as long again. A later call can only shorten the grace.
   */
  stop(options: { readonly grace?: Duration } = {}): Promise<void> {
    const graceMs = options.grace === undefined ? this.#settings.graceMs : parseDuration(options.grace, "grace");
    this.#stopped ??= this.#stop();
    const timer = setTimeout(() => this.#interrupt(graceMs), Math.min(graceMs, LONGEST_TIMER));
    return this.#stopped.finally(() => clearTimeout(timer));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #listen(): Promise<void> {
    const { weights } = this.#settings;
    const stop = await this.#place.wakeups.listen((hint) => {
      if ("resync" in hint || ("lane" in hint && (weights?.has(hint.lane) ?? true))) this.#claimer.nudge();
    });
    if (this.#stopped) return stop();
    this.#stopListening = stop;
    // What came between the first look and now was not heard.
    this.#claimer.nudge();
  }

  async #stop(): Promise<void> {
    this.#stopListening?.();
    await this.#claimer.stop();
    this.#handBack(this.#buffer.splice(0));
    while (this.#running.size + this.#settling > 0) await new Promise<void>((resolve) => (this.#onQuiet = resolve));
    this.#heart.stop();
    this.#place.onStopped(this);
    this.#releaseIdlers();
  }

  #interrupt(graceMs: number): void {
    for (const held of this.#running) {
      held.graceMs = graceMs;
      held.interrupt("STOPPING", "The worker is stopping.");
    }
  }

  #releaseIdlers(): void {
    for (const resolve of this.#idlers.splice(0)) resolve();
  }

  /** How many jobs to ask for: none while the buffer is well filled, so that polls are few and large. */
  #room(): number {
    const { concurrency } = this.#settings;
    const ahead = this.#ahead();
    const free = concurrency - this.#running.size;
    if (this.#isSettlingTooMuch()) return 0;
    if (this.#buffer.length > Math.floor(ahead / 2)) return 0;
    return Math.min(10_000, free + ahead - this.#buffer.length);
  }

  #ahead(): number {
    const { concurrency, prefetch } = this.#settings;
    if (this.#isStuck) return 0;
    return prefetch ?? prefetchFor(concurrency, this.#pace.value);
  }

  #isSettlingTooMuch(): boolean {
    return this.#settling > 2 * (this.#settings.concurrency + this.#ahead());
  }

  #take(jobs: readonly Job[], sentAt: number): void {
    const now = performance.now();
    for (const job of jobs) {
      const held = new HeldJob(job, now, sentAt + this.#settings.leaseMs);
      this.#heart.hold(held);
      this.#buffer.push(held);
    }
    this.#found = true;
    this.#startNext();
  }

  #startNext(): void {
    while (this.#running.size < this.#settings.concurrency && !this.#stopped) {
      const held = this.#buffer.shift();
      if (!held) return;
      this.#running.add(held);
      void this.#work(held);
    }
  }

  async #work(held: HeldJob): Promise<void> {
    const startedAt = performance.now();
    const ending = await runAttempt(this.#place.store, held, this.#runner);
    this.#pace.add(performance.now() - startedAt);
    this.#running.delete(held);
    this.#isStuck = false;
    this.#settling++;
    if (ending.settlement) this.#settler.add({ held, ending });
    else this.#noteSettled({ held, ending }, false);
    this.#startNext();
    this.#claimer.nudge();
  }

  #noteSettled({ held, ending }: Settling, lost: boolean): void {
    const { job } = held;
    // The claimer may be asleep because of it.
    if (this.#isSettlingTooMuch()) this.#claimer.nudge();
    this.#settling--;
    this.#heart.release(held);
    if (lost) this.#announce("lost", job);
    else if (ending.kind === "completed") this.#announce("completed", job, ending.result);
    else if (ending.kind === "cancelled") this.#announce("cancelled", job);
    else if (ending.kind === "failed")
      this.#announce("failed", job, ending.error, ending.settlement?.set.state === "failed");
    if (this.#running.size + this.#settling > 0) return;
    this.#onQuiet?.();
    if (this.#idlers.length > 0 || this.listenerCount("idle") > 0) this.#claimer.nudge();
  }

  /** What a worker that is too busy to poll would do in polling. */
  #lookAfter(): void {
    this.#handBackOld();
    if (this.#room() > 0 || this.#stopped) return;
    this.#place.store.rescueNowAndThen(this.#lanes).catch((error: unknown) => this.#report(error));
  }

  /** Gives back what waited too long for a handler, so that an idle worker elsewhere can have it. */
  #handBackOld(): void {
    const limit = performance.now() - BUFFERED_TOO_LONG;
    if (this.#running.size < this.#settings.concurrency) return;
    const old = this.#buffer.filter((held) => held.since < limit);
    if (old.length === 0) return;
    this.#buffer = this.#buffer.filter((held) => held.since >= limit);
    // Else it would be the first to hear of them, and have them again before anybody else.
    this.#isStuck = true;
    this.#handBack(old);
  }

  #handBack(jobs: readonly HeldJob[]): void {
    for (const held of jobs) {
      this.#settling++;
      this.#settler.add({ held, ending: { kind: "handed-back", settlement: afterHandBack(held.job) } });
    }
  }

  #noteIdle(): void {
    if (this.#running.size + this.#settling + this.#buffer.length > 0) {
      this.#found = true;
      return;
    }
    // What was found since the last time has to be followed by an empty poll.
    if (this.#found) {
      this.#found = false;
      this.#claimer.nudge();
      return;
    }
    this.#releaseIdlers();
    this.#announce("idle");
  }

  /** A listener that throws is the machinery's trouble, never the job's. */
  #announce<E extends keyof WorkerEvents>(event: E, ...args: WorkerEvents[E]): void {
    if (this.listenerCount(event) === 0) return;
    try {
      this.emit(event as never, ...(args as never));
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    reportError(this as never, error);
  }
}
