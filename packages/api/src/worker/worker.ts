import { EventEmitter } from "node:events";
import { hostname } from "node:os";
import type { Job } from "../contract/job.ts";
import { LONGEST_TIMER } from "../alarm.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import { afterHandBack, type FailurePolicy } from "../policy/failure.ts";
import type { Wakeups } from "../queue/wakeups.ts";
import type { Store } from "../store/store.ts";
import { Claimer } from "./claimer.ts";
import { Hands } from "./hands.ts";
import { Heart } from "./heart.ts";
import { HeldJob } from "./held-job.ts";
import { LaneShares } from "./lane-shares.ts";
import { reportError } from "./report.ts";
import { runAttempt, type RunnerOptions } from "./runner.ts";
import { Settler, type Settling } from "./settler.ts";
import { announce, announceEnd, type WorkerEvents } from "./worker-events.ts";
import type { WorkerSettings } from "./worker-options.ts";

/** What a worker needs of its queue. */
export interface Workplace {
  readonly store: Pick<Store, "poll" | "cas" | "append" | "get" | "rescueNowAndThen" | "now">;
  readonly wakeups: Wakeups;
  readonly policy: FailurePolicy;
  readonly types: readonly string[] | undefined;
  readonly handlerOf: RunnerOptions["handlerOf"];
  readonly checkResult: RunnerOptions["checkResult"];
  readonly build: RunnerOptions["build"];
  readonly buildAll: RunnerOptions["buildAll"];
  readonly onStopped: (worker: Worker) => void;
}

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
  readonly #lanes: readonly string[] | undefined;
  readonly #hands: Hands;
  #found = false;
  #idlers: (() => void)[] = [];
  #stopped: Promise<void> | undefined;
  #stopListening: (() => void) | undefined;
  #onQuiet: (() => void) | undefined;

  constructor(place: Workplace, settings: WorkerSettings) {
    super();
    this.#place = place;
    this.#settings = settings;
    this.holder = settings.holder ?? `${hostname().slice(0, 100)}/${process.pid}/${++workers}`;
    const { handlerOf, checkResult, build, buildAll } = place;
    const { timeoutMs, graceMs, leaseMs, intervalMs, weights } = settings;
    this.#runner = {
      ...place.policy,
      onSlip: (error) => this.#report(error),
      handlerOf,
      checkResult,
      build,
      buildAll,
      timeoutMs,
      graceMs,
    };
    this.#hands = new Hands(settings);
    const shares = weights && new LaneShares(weights);
    this.#lanes = weights && [...weights.keys()];
    const onError = (error: unknown): void => this.#report(error);
    this.#claimer = new Claimer({
      store: place.store,
      lanesFor: (limit) => shares?.divide(limit),
      types: place.types,
      lease: { ms: leaseMs, holder: this.holder },
      intervalMs,
      room: () => this.#hands.room,
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
    return { running: this.#hands.running.size, buffered: this.#hands.waiting };
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
    this.#handBack(this.#hands.giveUpWaiting());
    while (!this.#hands.areQuiet) await new Promise<void>((resolve) => (this.#onQuiet = resolve));
    this.#heart.stop();
    this.#place.onStopped(this);
    this.#releaseIdlers();
  }

  #interrupt(graceMs: number): void {
    for (const held of this.#hands.running.list()) {
      held.graceMs = graceMs;
      held.interrupt("STOPPING", "The worker is stopping.");
    }
  }

  #releaseIdlers(): void {
    for (const resolve of this.#idlers.splice(0)) resolve();
  }

  #take(jobs: readonly Job[], sentAt: number): void {
    const now = performance.now();
    for (const job of jobs) {
      const held = new HeldJob(job, now, sentAt + this.#settings.leaseMs);
      this.#heart.hold(held);
      this.#hands.take(held);
    }
    this.#found = true;
    this.#startNext();
  }

  #startNext(): void {
    while (!this.#stopped) {
      const held = this.#hands.start();
      if (!held) return;
      this.#work(held);
    }
  }

  #work(held: HeldJob): void {
    const startedAt = performance.now();
    void runAttempt(this.#place.store, held, this.#runner).then((ending) => {
      this.#hands.end(held, performance.now() - startedAt);
      if (ending.settlement) this.#settler.add({ held, ending });
      else this.#noteSettled({ held, ending }, false);
      this.#startNext();
      this.#claimer.noteRoom();
    });
  }

  #noteSettled(settling: Settling, lost: boolean): void {
    this.#hands.settled();
    this.#claimer.noteRoom();
    this.#heart.release(settling.held);
    announceEnd(this, settling, lost);
    if (!this.#hands.areQuiet) return;
    this.#onQuiet?.();
    if (this.#isAwaited) this.#claimer.nudge();
  }

  /** Somebody wants to know when it is idle. */
  get #isAwaited(): boolean {
    return this.#idlers.length > 0 || this.listenerCount("idle") > 0;
  }

  /** What a worker that is too busy to poll would do in polling. */
  #lookAfter(): void {
    this.#handBack(this.#hands.giveUpOld());
    if (this.#hands.room > 0 || this.#stopped) return;
    this.#place.store.rescueNowAndThen(this.#lanes).catch((error: unknown) => this.#report(error));
  }

  #handBack(jobs: readonly HeldJob[]): void {
    for (const held of jobs) {
      this.#settler.add({ held, ending: { kind: "handed-back", settlement: afterHandBack(held.job) } });
    }
  }

  #noteIdle(): void {
    if (!this.#hands.areEmpty) {
      this.#found = true;
      return;
    }
    if (!this.#isAwaited) return;
    // What was found since the last time has to be followed by an empty poll.
    if (this.#found) {
      this.#found = false;
      this.#claimer.nudge();
      return;
    }
    this.#releaseIdlers();
    announce(this, "idle");
  }

  #report(error: unknown): void {
    reportError(this as never, error);
  }
}
