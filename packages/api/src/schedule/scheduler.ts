import { Alarm } from "../alarm.ts";
import type { Hint } from "../contract/adapter.ts";
import type { Job } from "../contract/job.ts";
import { isTerminal } from "../contract/names.ts";
import type { Found } from "../contract/query.ts";
import { isQueueError } from "../errors.ts";
import { describeError } from "../policy/job-error.ts";
import type { Wakeups } from "../queue/wakeups.ts";
import type { Store } from "../store/store.ts";
import { type Definition, definitionOf } from "./definition.ts";
import { LANE, nameOf } from "./schedule.ts";
import { courseOf, SCHEDULED, tick, TICKING, troubled } from "./tick.ts";

/** How a scheduler is set up. */
export interface SchedulerOptions {
  readonly store: Pick<Store, "poll" | "cas" | "get" | "now">;
  readonly wakeups: Wakeups;
  readonly holder: string;
  readonly onError: (error: unknown) => void;
}

/** How many schedules are taken at once. */
const BATCH = 100;
/** How long the ticks of schedules are this process's to make; if it dies over them, another one makes them after this. */
const LEASE_MS = 5000;
/** How long to sleep at most, in milliseconds, so that a schedule made elsewhere is seen though its hint got lost (P24). */
const INTERVAL = 10_000;
/** Many hints come at once, of every tick, and from some stores of every write: so long between two looks because of them. */
const QUIET = 100;
const FIRST_PAUSE = 5;
/** How long to wait at most before looking again for what is due and could not be had, in milliseconds. */
const LONGEST_PAUSE = 1000;
/** How long to leave a store alone at most that has failed, in milliseconds. */
const LONGEST_REST = 5000;

/**
 * Makes the ticks of all schedules of a store, together with whatever other processes do so too. A poll gives each schedule
 * that is due, by the store's clock, to one of them; a change under that lease adds the tick's job and moves the schedule on
 * to its next tick. So a tick has exactly one job, whoever dies at whatever moment.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #alarm = new Alarm();
  /** Rung only to stop: hints do not cut the rest short of a store that has just failed. */
  readonly #rest = new Alarm();
  #isStopping = false;
  #pause = FIRST_PAUSE;
  #lookedAt = -Infinity;
  #soon: NodeJS.Timeout | undefined;
  #loop: Promise<void> | undefined;
  #stopListening: (() => void) | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
    void this.#listen();
  }

  /** Resolves when no tick is under way any more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stopListening?.();
    clearTimeout(this.#soon);
    this.#alarm.ring();
    this.#rest.ring();
    await this.#loop;
  }

  /** Makes the ticks that are due, and answers how long there will be none, in milliseconds. */
  async look(): Promise<number> {
    const { store, holder } = this.#options;
    this.#lookedAt = performance.now();
    const { jobs, nextDueAt, now } = await store.poll({
      lanes: [LANE],
      from: SCHEDULED,
      to: TICKING,
      limit: BATCH,
      lease: { ms: LEASE_MS, holder },
    });
    const busy = await this.#busyOf(jobs);
    await Promise.all(jobs.map((job) => this.#tick(job, busy.has(job.id))));
    if (jobs.length === 0) return this.#until(nextDueAt, now);
    this.#pause = FIRST_PAUSE;
    return 0;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        const ms = await this.look();
        // It is for the workers to keep the process alive.
        if (ms > 0 && !this.#isStopping) await this.#alarm.sleep(ms, { keepsAlive: false });
      } catch (error) {
        if (isQueueError(error, "CLOSED")) return;
        this.#options.onError(error);
        await this.#rest.sleep(this.#nextPause(LONGEST_REST), { keepsAlive: false });
      }
    }
  }

  async #listen(): Promise<void> {
    const stop = await this.#options.wakeups.listen((hint) => this.#hear(hint));
    if (this.#isStopping) return stop();
    this.#stopListening = stop;
    // What came between the first look and now was not heard.
    this.#alarm.ring();
  }

  #hear(hint: Hint): void {
    const isOurs = "resync" in hint || ("lane" in hint && hint.lane === LANE);
    if (!isOurs || this.#soon !== undefined || this.#isStopping) return;
    const left = Math.max(0, this.#lookedAt + QUIET - performance.now());
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#alarm.ring();
    }, left).unref();
  }

  async #tick(job: Job, isBusy: boolean): Promise<void> {
    const { id, token } = job;
    const course = courseOf(job);
    // The store's clock, as it was at the poll.
    const now = job.updatedAt;
    try {
      const step = tick(nameOf(id), definitionOf(job), course, now, isBusy);
      await this.#options.store.cas([{ id, expect: { token }, ...step }]);
    } catch (error) {
      if (!isOwnFault(error)) throw error;
      this.#options.onError(error);
      await this.#options.store.cas([{ id, expect: { token }, set: troubled(course, messageOf(error), now) }]);
    }
  }

  /** Those that skip this tick because the job of the one before is unfinished. */
  async #busyOf(jobs: readonly Job[]): Promise<ReadonlySet<string>> {
    const skipping = jobs.flatMap((job) => {
      const { last } = courseOf(job);
      // A broken one has trouble with its own tick, and is nobody else's.
      const skips = (definitionOf(job) as Partial<Definition> | null)?.overlap === "skip";
      return skips && typeof last?.job === "string" ? [{ id: job.id, previous: last.job }] : [];
    });
    if (skipping.length === 0) return new Set();
    const found = await this.#options.store.get(skipping.map(({ previous }) => previous));
    return new Set(skipping.filter((_, i) => isUnfinished(found[i])).map(({ id }) => id));
  }

  #until(nextDueAt: number | null, now: number): number {
    const longest = INTERVAL * (0.75 + Math.random() / 2);
    const left = nextDueAt === null ? longest : nextDueAt - now;
    // Due, and not to be had yet: in the hands of a process that died.
    return left > 0 ? Math.min(left, longest) : this.#nextPause(LONGEST_PAUSE);
  }

  #nextPause(longest: number): number {
    this.#pause = Math.min(2 * this.#pause, longest);
    return this.#pause;
  }
}

/** A job that is not kept any more has ended. */
function isUnfinished(job: Found | undefined): boolean {
  return job !== null && job !== undefined && !isTerminal(job.state);
}

/** The schedule is at fault, such as by a definition of newer code, and not the store. */
function isOwnFault(error: unknown): boolean {
  return !isQueueError(error) || error.code === "INVALID" || error.code === "TOO_LARGE";
}

function messageOf(error: unknown): string {
  return describeError(error, 1, 0).message;
}
