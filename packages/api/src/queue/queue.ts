import type { Adapter } from "../contract/adapter.ts";
import { QueueError } from "../errors.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import type { FailurePolicy } from "../policy/failure.ts";
import type { ScheduleOptions } from "../schedule/definition.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { Scheduler } from "../schedule/scheduler.ts";
import { Schedules } from "../schedule/schedules.ts";
import type { When } from "../schedule/when.ts";
import { checkJob } from "../store/job-input.ts";
import type { CallReport } from "../store/store.ts";
import { reportError } from "../worker/report.ts";
import { Worker, type Workplace } from "../worker/worker.ts";
import { type WorkerOptions, workerSettings } from "../worker/worker-options.ts";
import type { AddOptions } from "./add-options.ts";
import { type Added, Adder, type AddManyOptions } from "./adder.ts";
import { checkResultOptions, checkSignal } from "./call-options.ts";
import type { Catalog, Payload, PayloadInput, Result, TypeOf } from "./catalog.ts";
import type { AddOutcome } from "./coalescer.ts";
import type { AddedGraph, AddedTree, FlowGraph, FlowTree } from "./flow.ts";
import { FlowAdder } from "./flow-adder.ts";
import { checkHandlers, handlerFinder, type Handlers, typesOf } from "./handlers.ts";
import { inTransaction, type InTransaction } from "./in-transaction.ts";
import { Janitor } from "./janitor.ts";
import { type AddRequest, JobTypes } from "./job-types.ts";
import { Operations } from "./operations.ts";
import { Receipt } from "./receipt.ts";
import { type ReceiveOptions, receiveJob } from "./receiver.ts";
import { Results } from "./results.ts";

/** Settings of a `Queue`. */
export interface QueueOptions<C extends Catalog = Catalog> extends FailurePolicy {
  /** The types of jobs there are; any when absent. */
  readonly jobs?: C | undefined;
  /** Told of every call to the store, for metrics and tracing. */
  readonly observe?: ((report: CallReport) => void) | undefined;
  /** What time it is, in epoch milliseconds, for tests; the store's own clock when absent. `openTestQueue` gives one. */
  readonly now?: (() => number) | undefined;
  /** Whether this process may remove finished jobs that were kept long enough, while it has workers (P26); true when absent. */
  readonly retention?: boolean | undefined;
  /** Whether this process makes the ticks of schedules, while it has workers; true when absent. */
  readonly schedules?: boolean | undefined;
}

/** A job queue on any backend: the work-queue level, and the state-machine level beside it. `openQueue` makes one. */
export class Queue<C extends Catalog = Catalog, Tx = never> extends Operations<Tx> {
  readonly #options: QueueOptions<C>;
  readonly #types: JobTypes;
  readonly #adder: Adder<Tx>;
  readonly #flows: FlowAdder<Tx>;
  readonly #results: Results;
  readonly #schedules: Schedules;
  readonly #workers = new Set<Worker>();
  #janitor: Janitor | undefined;
  #scheduler: Scheduler | undefined;
  /** Settled when a janitor and a scheduler that were stopped have come to their end. */
  #resting: Promise<unknown> | undefined;
  #closing = false;

  constructor(adapter: Adapter<Tx>, options: QueueOptions<C> = {}) {
    super(adapter, options);
    this.#options = options;
    this.#types = new JobTypes(options.jobs);
    this.#adder = new Adder(this.store, this.#types);
    this.#flows = new FlowAdder(this.store, this.#types);
    this.#results = new Results(this.store, this.wakeups);
    this.#schedules = new Schedules(this.store, (type, payload, job) =>
      this.#types.input(type, payload, job, "a schedule"),
    );
  }

  /** Stops its workers gracefully, waits for what is in flight, and closes the store (P25). */
  override async close(): Promise<void> {
    this.#closing = true;
    this.#rest();
    await this.#resting;
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
  add<T extends TypeOf<C>>(type: T, payload: PayloadInput<C, T>, options?: AddOptions<Payload<C, T>>): Promise<Added> {
    return this.#adder.add(type, payload, options as AddOptions | undefined);
  }

  /** Adds many jobs in one step; each has its own outcome (P4). None is added when one of them is invalid. */
  addMany(jobs: readonly AddRequest<C>[], options: AddManyOptions = {}): Promise<AddOutcome[]> {
    return this.#adder.addMany(jobs, options);
  }

  /**
   * Adds jobs that depend on each other, in one step: all of them or, where some exist already, none (P4, P20). Either a
   * tree, whose children run before their parents, or a graph of jobs by name, each `after` others.
   *
   * @throws QueueError `INVALID` naming the job, also for a circle, `TOO_LARGE`, `LANE_FULL`.
   */
  flow<N extends string>(graph: FlowGraph<C, N>): Promise<AddedGraph<N>>;
  flow(tree: FlowTree<C>): Promise<AddedTree>;
  async flow(flow: unknown): Promise<AddedTree | AddedGraph> {
    return this.#flows.add(flow);
  }

  /**
   * Refuses what `add` would refuse, and adds nothing: so a whole file can be checked before its first job is added.
   *
   * @throws QueueError `INVALID` or `TOO_LARGE` naming the field.
   */
  check(type: string, payload: unknown, options?: AddOptions): void {
    checkJob(this.#types.addition(type, payload, options).input, `Cannot add a ${type} job`);
  }

  /**
   * Starts a worker that runs these handlers. It is stopped by its own `stop` or by `close`.
   *
   * @throws QueueError `INVALID` naming the handler or option.
   */
  work(handlers: Handlers<C, Tx>, options: WorkerOptions = {}): Worker {
    this.store.assertOpen("work");
    if (this.#closing) throw new QueueError("CLOSED", "Cannot work: the queue is being closed. Open a new one.");
    const place = { ...this.workplace(handlers), onStopped: (stopped: Worker) => this.#forget(stopped) };
    const worker = new Worker(place, workerSettings(options));
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

  /** The same verbs inside the caller's own transaction, for backends with `capabilities.transactions` (P5). */
  in(tx: Tx): InTransaction<C> {
    if (!this.capabilities.transactions || tx === undefined || tx === null) throw this.#cannotJoin();
    return inTransaction({ store: this.store, adder: this.#adder, flows: this.#flows }, tx);
  }

  /** What running jobs with these handlers takes. @throws QueueError `INVALID` naming the handler. */
  protected workplace(handlers: Handlers<C, Tx>): Omit<Workplace, "onStopped"> {
    checkHandlers(handlers, this.#options.jobs);
    return {
      store: this.store,
      wakeups: this.wakeups,
      policy: { backoff: this.#options.backoff, random: this.#options.random },
      types: typesOf(handlers),
      handlerOf: handlerFinder(handlers),
      checkResult: (type, result) => this.#types.checkResult(type, result),
      build: (type, payload, addOptions) => this.#types.input(type, payload, addOptions, "a handler that spawns"),
      buildAll: (jobs) => this.#types.inputs(jobs, "a handler that is replaced"),
    };
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

  /** What is done beside the jobs is done while there are workers. */
  #forget(stopped: Worker): void {
    this.#workers.delete(stopped);
    if (this.#workers.size === 0) this.#rest();
  }

  #rest(): void {
    this.#resting = Promise.all([this.#resting, this.#janitor?.stop(), this.#scheduler?.stop()]);
    this.#janitor = undefined;
    this.#scheduler = undefined;
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
