import type { Adapter } from "../contract/adapter.ts";
import type { CasOutcome } from "../contract/change.ts";
import type { AppendOutcome, NewEvent } from "../contract/event.ts";
import type { At, InsertOutcome } from "../contract/insert.ts";
import type { Job } from "../contract/job.ts";
import { DEFAULT_LANE } from "../contract/names.ts";
import { QueueError } from "../errors.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import type { FailurePolicy } from "../policy/failure.ts";
import type { ScheduleOptions } from "../schedule/definition.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { Scheduler } from "../schedule/scheduler.ts";
import { Schedules } from "../schedule/schedules.ts";
import type { When } from "../schedule/when.ts";
import type { ChangeInput } from "../store/change-input.ts";
import { checkFirstState, checkJob } from "../store/job-input.ts";
import type { CallReport } from "../store/store.ts";
import { reportError } from "../worker/report.ts";
import { Worker } from "../worker/worker.ts";
import { type WorkerOptions, workerSettings } from "../worker/worker-options.ts";
import type { AddOptions } from "./add-options.ts";
import {
  checkManyOptions,
  checkPruneOptions,
  checkResultOptions,
  checkRetryOptions,
  checkSignal,
} from "./call-options.ts";
import type { Catalog, PayloadInput, Result, TypeOf } from "./catalog.ts";
import { checkHandlers, handlerFinder, type Handlers, typesOf } from "./handlers.ts";
import { Janitor } from "./janitor.ts";
import { type AddRequest, JobTypes, toAdded } from "./job-types.ts";
import { type CancelOutcome, type JobSelection, Operator, type RetryOptions, type RetryOutcome } from "./operator.ts";
import { Receipt } from "./receipt.ts";
import { type ReceiveOptions, receiveJob } from "./receiver.ts";
import { Results } from "./results.ts";
import { StateMachine } from "./state-machine.ts";

/** Settings of a `Queue`. */
export interface QueueOptions<C extends Catalog = Catalog> extends FailurePolicy {
  /** The types of jobs there are; any when absent. */
  readonly jobs?: C | undefined;
  /** Told of every call to the store, for metrics and tracing. */
  readonly observe?: ((report: CallReport) => void) | undefined;
  /** Whether this process may remove finished jobs that were kept long enough, while it has workers (P26); true when absent. */
  readonly retention?: boolean | undefined;
  /** Whether this process makes the ticks of schedules, while it has workers; true when absent. */
  readonly schedules?: boolean | undefined;
}

/** What became of an `add`. */
export interface Added {
  readonly id: string;
  /** `existing`: a job with this id is kept already, and nothing was changed (P3). */
  readonly status: "added" | "existing";
  /** The job that exists. */
  readonly job?: Job;
}

/** What can be done inside the caller's own transaction (P5). */
export interface InTransaction<C extends Catalog> {
  add<T extends TypeOf<C>>(type: T, payload: PayloadInput<C, T>, options?: AddOptions): Promise<Added>;
  addMany<T extends TypeOf<C>>(
    jobs: readonly AddRequest<C, T>[],
    options?: { readonly allOrNone?: boolean },
  ): Promise<InsertOutcome[]>;
  cas(changes: readonly ChangeInput[]): Promise<CasOutcome[]>;
  append(entries: readonly NewEvent[]): Promise<AppendOutcome[]>;
}

/** A job queue on any backend: the work-queue level, and the state-machine level beside it. `openQueue` makes one. */
export class Queue<C extends Catalog = Catalog, Tx = never> extends StateMachine<Tx> {
  readonly #options: QueueOptions<C>;
  readonly #types: JobTypes;
  readonly #operator: Operator;
  readonly #results: Results;
  readonly #schedules: Schedules;
  readonly #workers = new Set<Worker>();
  #janitor: Janitor | undefined;
  #scheduler: Scheduler | undefined;
  #closing = false;

  constructor(adapter: Adapter<Tx>, options: QueueOptions<C> = {}) {
    super(adapter, options);
    this.#options = options;
    this.#types = new JobTypes(options.jobs);
    this.#operator = new Operator(this.store);
    this.#results = new Results(this.store, this.wakeups);
    this.#schedules = new Schedules(this.store, (type, payload, job) => this.#types.input(type, payload, job));
  }

  /** Stops its workers gracefully, waits for what is in flight, and closes the store (P25). */
  override async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([this.#janitor?.stop(), this.#scheduler?.stop()]);
    await Promise.all([...this.#workers].map((worker) => worker.stop()));
    await super.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Adds a job. Adds that are in flight together travel together; each returns only after its own is stored (P1).
   *
   * @throws QueueError `INVALID` or `TOO_LARGE` naming the field, `LANE_FULL`.
   */
  async add<T extends TypeOf<C>>(type: T, payload: PayloadInput<C, T>, options?: AddOptions): Promise<Added> {
    return this.#add(type, payload, options);
  }

  /** Adds many jobs in one step; each has its own outcome (P4). None is added when one of them is invalid. */
  async addMany<T extends TypeOf<C>>(
    jobs: readonly AddRequest<C, T>[],
    options: { readonly allOrNone?: boolean } = {},
  ): Promise<InsertOutcome[]> {
    return this.#addMany(jobs, options);
  }

  /**
   * Refuses what `add` would refuse, and adds nothing: so a whole file can be checked before its first job is added.
   *
   * @throws QueueError `INVALID` or `TOO_LARGE` naming the field.
   */
  check(type: string, payload: unknown, options?: AddOptions): void {
    checkJob(this.#types.input(type, payload, options), `Cannot add a ${type} job`);
  }

  /**
   * Starts a worker that runs these handlers. It is stopped by its own `stop` or by `close`.
   *
   * @throws QueueError `INVALID` naming the handler or option.
   */
  work(handlers: Handlers<C, Tx>, options: WorkerOptions = {}): Worker {
    this.store.assertOpen("work");
    if (this.#closing) throw new QueueError("CLOSED", "Cannot work: the queue is being closed. Open a new one.");
    checkHandlers(handlers, this.#options.jobs);
    const worker = new Worker(
      {
        store: this.store,
        wakeups: this.wakeups,
        policy: { backoff: this.#options.backoff, random: this.#options.random },
        types: typesOf(handlers),
        handlerOf: handlerFinder(handlers),
        checkResult: (type, result) => this.#types.checkResult(type, result),
        build: (type, payload, addOptions) => this.#types.input(type, payload, addOptions),
        onStopped: (stopped) => this.#workers.delete(stopped),
      },
      workerSettings(options),
    );
    this.#workers.add(worker);
    worker.start();
    this.#startJanitor(worker);
    this.#startScheduler(worker);
    return worker;
  }

  /** Takes one due job, waiting for it up to `wait`; `null` when there is none. */
  async receive(options: ReceiveOptions = {}): Promise<Receipt | null> {
    const job = await receiveJob(this.store, this.wakeups, options);
    return job && new Receipt(this.store, job, { policy: this.#options, types: this.#types });
  }

  /**
   * Waits until a job has ended, and answers its result: also `null` and `false`; `undefined` when there is none.
   *
   * @throws QueueError `JOB_FAILED` with the recorded error, `TIMEOUT`, `MISSING`.
   */
  async result<T extends TypeOf<C> = TypeOf<C>>(
    id: string,
    options: { readonly timeout?: Duration; readonly signal?: AbortSignal } = {},
  ): Promise<Result<C, T>> {
    checkResultOptions(options, "Cannot wait for a result");
    checkSignal(options.signal, "Cannot wait for a result");
    const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout, "timeout");
    return (await this.#results.wait(id, timeoutMs, options.signal)) as Result<C, T>;
  }

  /**
   * Cancels jobs: at once where nobody holds them; a holder is asked to stop, and learns it with its next renewal (P21).
   * For an id, what became of it; for a selection such as `{ group }`, how many.
   */
  cancel(id: string): Promise<CancelOutcome>;
  cancel(selection: JobSelection): Promise<{ cancelled: number; requested: number }>;
  cancel(what: string | JobSelection): Promise<CancelOutcome | { cancelled: number; requested: number }> {
    return typeof what === "string" ? this.#operator.cancelOne(what) : this.#operator.cancelAll(what);
  }

  /**
   * Makes finished jobs wait again, with all their attempts before them, or puts them into another first `state` of
   * your own. For an id, what became of it; for a selection (failed jobs when it names no states), how many.
   */
  retry(id: string, options?: RetryOptions): Promise<RetryOutcome>;
  retry(selection: JobSelection, options?: RetryOptions): Promise<number>;
  async retry(what: string | JobSelection, options: RetryOptions = {}): Promise<RetryOutcome | number> {
    checkRetryOptions(options, "Cannot retry");
    checkFirstState(options.state, "Cannot retry");
    return typeof what === "string" ? this.#operator.retryOne(what, options) : this.#operator.retryAll(what, options);
  }

  /** No worker anywhere finds jobs of the lane any more; adding goes on (P19). */
  pause(lane: string = DEFAULT_LANE): Promise<void> {
    return this.store.configure(lane, { paused: true });
  }

  /** Ends a pause. */
  resume(lane: string = DEFAULT_LANE): Promise<void> {
    return this.store.configure(lane, { paused: null });
  }

  /**
   * Adds a job of this type at every tick of a cron pattern or interval: exactly one per tick, however many processes run
   * workers. The schedule is kept in the store until `unschedule`; called again it is changed, or, where it is so already,
   * left alone, so that every process may call it at its start.
   *
   * @throws QueueError `INVALID` or `TOO_LARGE` naming the field.
   */
  async schedule<T extends TypeOf<C>>(
    name: string,
    when: When,
    type: T,
    payload: PayloadInput<C, T>,
    options: ScheduleOptions = {},
  ): Promise<Schedule> {
    return this.#schedules.put(name, when, type, payload, options);
  }

  /** All schedules of the store, by name. */
  schedules(): Promise<Schedule[]> {
    return this.#schedules.list();
  }

  /** Lets the ticks of a schedule pass without a job until it is resumed. Null when there is none of this name. */
  async pauseSchedule(name: string): Promise<Schedule | null> {
    return this.#schedules.pause(name);
  }

  /** Ends the pause of a schedule: it goes on with its first tick from now. Null when there is none of this name. */
  async resumeSchedule(name: string): Promise<Schedule | null> {
    return this.#schedules.resume(name);
  }

  /** Removes a schedule; the jobs that it has added stay. False when there is none of this name. */
  async unschedule(name: string): Promise<boolean> {
    return this.#schedules.remove(name);
  }

  /**
   * Removes finished jobs that ended at least `olderThan` ago, at most `limit` of them, or in one go a whole day of them
   * where the store can and `limit` is 1000 or more, as it is when left out. Answers how many (P26).
   */
  prune(options: {
    readonly olderThan: Duration;
    readonly lane?: string;
    readonly states?: readonly ("completed" | "failed" | "cancelled")[];
    readonly limit?: number;
  }): Promise<number> {
    checkPruneOptions(options, "Cannot prune");
    const { olderThan, lane, states = ["completed", "failed", "cancelled"], limit = 1000 } = options;
    return this.store.remove({
      states,
      olderThanMs: parseDuration(olderThan, "olderThan"),
      limit,
      ...(lane !== undefined && { lane }),
    });
  }

  /** The same verbs inside the caller's own transaction, for backends with `capabilities.transactions` (P5). */
  in(tx: Tx): InTransaction<C> {
    if (!this.capabilities.transactions || tx === undefined || tx === null) throw this.#cannotJoin();
    const at: At<Tx> = { tx };
    return {
      add: (type, payload, options) => this.#add(type, payload, options, at),
      addMany: (jobs, options = {}) => this.#addMany(jobs, options, at),
      cas: (changes) => this.store.cas(changes, at),
      append: (entries) => this.store.append(entries, at),
    };
  }

  async #add(type: string, payload: unknown, options: AddOptions | undefined, at?: At<Tx>): Promise<Added> {
    const [outcome] = await this.store.insert([this.#types.input(type, payload, options)], at);
    return toAdded(type, outcome);
  }

  async #addMany(jobs: unknown, options: { readonly allOrNone?: boolean }, at?: At<Tx>): Promise<InsertOutcome[]> {
    checkManyOptions(options, "Cannot add jobs");
    const { allOrNone } = options;
    return this.store.insert(this.#types.inputs(jobs), allOrNone === undefined ? at : { ...at, allOrNone });
  }

  #cannotJoin(): QueueError {
    if (this.capabilities.transactions) {
      return new QueueError(
        "INVALID",
        "Cannot join a transaction: `in` needs your open transaction, and was given none.",
      );
    }
    return new QueueError(
      "UNSUPPORTED",
      `The ${this.backend} store cannot join your transaction. Use a store that can.`,
    );
  }

  #startJanitor(worker: Worker): void {
    if (this.#options.retention === false || this.#janitor) return;
    this.#janitor = new Janitor(this.store, {
      holder: worker.holder,
      onError: (error) => reportError(worker as never, error),
    });
    this.#janitor.start();
  }

  #startScheduler(worker: Worker): void {
    if (this.#options.schedules === false || this.#scheduler) return;
    this.#scheduler = new Scheduler({
      store: this.store,
      wakeups: this.wakeups,
      holder: worker.holder,
      onError: (error) => reportError(worker as never, error),
    });
    this.#scheduler.start();
  }
}
