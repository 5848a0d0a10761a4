import { QueueError } from "../errors.ts";
import type { Adapter, Capabilities, Hint, Unsubscribe } from "../contract/adapter.ts";
import type { CasOutcome } from "../contract/change.ts";
import type { AppendOutcome, EventPage, EventQuery, NewEvent } from "../contract/event.ts";
import type { At, InsertOutcome } from "../contract/insert.ts";
import type { Job } from "../contract/job.ts";
import type { LaneSettings, LaneStatus } from "../contract/lane.ts";
import { DEFAULT_LANE } from "../contract/names.ts";
import type { PollResult } from "../contract/poll.ts";
import type { Found, Page, RemoveQuery } from "../contract/query.ts";
import { suggest } from "../check/nearest.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import type { FailurePolicy } from "../policy/failure.ts";
import type { ChangeInput } from "../store/change-input.ts";
import { checkJob, type JobInput } from "../store/job-input.ts";
import type { ListInput, PollInput } from "../store/poll-input.ts";
import { type CallReport, Store } from "../store/store.ts";
import { reportError } from "../worker/report.ts";
import { Worker } from "../worker/worker.ts";
import { type WorkerOptions, workerSettings } from "../worker/worker-options.ts";
import { type AddOptions, jobInput } from "./add-options.ts";
import { checkAddRequest, checkManyOptions, checkPruneOptions, checkResultOptions } from "./call-options.ts";
import { checkCatalog } from "./check-catalog.ts";
import type { Catalog, PayloadInput, Result, TypeOf } from "./catalog.ts";
import { checkHandlers, handlerFinder, type Handlers, typesOf } from "./handlers.ts";
import { type CancelOutcome, type JobSelection, Operator, type RetryOutcome } from "./operator.ts";
import { Janitor } from "./janitor.ts";
import { Receipt } from "./receipt.ts";
import { type ReceiveOptions, receiveJob } from "./receiver.ts";
import { Results } from "./results.ts";
import { schemaCheck } from "./schema-check.ts";
import { Wakeups } from "./wakeups.ts";

/** Settings of a `Queue`. */
export interface QueueOptions<C extends Catalog = Catalog> extends FailurePolicy {
  /** The types of jobs there are; any when absent. */
  readonly jobs?: C | undefined;
  /** Told of every call to the store, for metrics and tracing. */
  readonly observe?: ((report: CallReport) => void) | undefined;
  /** Whether this process may remove finished jobs that were kept long enough, while it has workers (P26); true when absent. */
  readonly retention?: boolean | undefined;
}

/** A job to add, for `addMany`. */
export interface AddRequest<C extends Catalog, T extends TypeOf<C> = TypeOf<C>> {
  readonly type: T;
  readonly payload: PayloadInput<C, T>;
  readonly options?: AddOptions;
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
export class Queue<C extends Catalog = Catalog, Tx = never> {
  readonly #store: Store<Tx>;
  /** The same store, for the parts that never pass a transaction. */
  readonly #plain: Store<never>;
  readonly #options: QueueOptions<C>;
  readonly #wakeups: Wakeups;
  readonly #operator: Operator;
  readonly #workers = new Set<Worker>();
  #janitor: Janitor | undefined;

  constructor(adapter: Adapter<Tx>, options: QueueOptions<C> = {}) {
    if (options.jobs) checkCatalog(options.jobs);
    this.#store = new Store(adapter, options);
    this.#plain = this.#store as unknown as Store<never>;
    this.#options = options;
    this.#wakeups = new Wakeups(this.#plain);
    this.#operator = new Operator(this.#plain);
  }

  /** The backend's name. */
  get backend(): string {
    return this.#store.name;
  }

  /** What the backend can do. */
  get capabilities(): Capabilities {
    return this.#store.capabilities;
  }

  /** Connects and migrates; `openQueue` has done it. */
  open(): Promise<void> {
    return this.#store.open();
  }

  /** Stops its workers gracefully, waits for what is in flight, and closes the store (P25). */
  async close(): Promise<void> {
    await this.#janitor?.stop();
    await Promise.all([...this.#workers].map((worker) => worker.stop()));
    await this.#wakeups.close();
    await this.#store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // The work-queue level.

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
    checkJob(this.#input(type, payload, options), `Cannot add a ${type} job`);
  }

  /**
   * Starts a worker that runs these handlers. It is stopped by its own `stop` or by `close`.
   *
   * @throws QueueError `INVALID` naming the handler or option.
   */
  work(handlers: Handlers<C, Tx>, options: WorkerOptions = {}): Worker {
    this.#store.assertOpen("work");
    checkHandlers(handlers, this.#options.jobs);
    const worker = new Worker(
      {
        store: this.#plain,
        wakeups: this.#wakeups,
        policy: { backoff: this.#options.backoff, random: this.#options.random },
        types: typesOf(handlers),
        handlerOf: handlerFinder(handlers),
        checkResult: (type, result) => this.#checkResult(type, result),
        build: (type, payload, addOptions) => this.#input(type, payload, addOptions),
        onStopped: (stopped) => this.#workers.delete(stopped),
      },
      workerSettings(options),
    );
    this.#workers.add(worker);
    worker.start();
    this.#startJanitor(worker);
    return worker;
  }

  /** Takes one due job, waiting for it up to `wait`; `null` when there is none. */
  async receive(options: ReceiveOptions = {}): Promise<Receipt | null> {
    const job = await receiveJob(this.#plain, this.#wakeups, options);
    return job && new Receipt(this.#plain, job, this.#options);
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
    const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout, "timeout");
    return (await new Results(this.#plain, this.#wakeups).wait(id, timeoutMs, options.signal)) as Result<C, T>;
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

  /** Makes finished jobs wait again, with all their attempts before them. For an id, what became of it; else how many. */
  retry(id: string): Promise<RetryOutcome>;
  retry(selection: JobSelection): Promise<number>;
  retry(what: string | JobSelection): Promise<RetryOutcome | number> {
    return typeof what === "string" ? this.#operator.retryOne(what) : this.#operator.retryAll(what);
  }

  /** No worker anywhere finds jobs of the lane any more; adding goes on (P19). */
  pause(lane: string = DEFAULT_LANE): Promise<void> {
    return this.#store.configure(lane, { paused: true });
  }

  /** Ends a pause. */
  resume(lane: string = DEFAULT_LANE): Promise<void> {
    return this.#store.configure(lane, { paused: null });
  }

  /** Removes finished jobs that ended at least `olderThan` ago, at most `limit` of them. Answers how many (P26). */
  prune(options: {
    readonly olderThan: Duration;
    readonly lane?: string;
    readonly states?: readonly ("completed" | "failed" | "cancelled")[];
    readonly limit?: number;
  }): Promise<number> {
    checkPruneOptions(options, "Cannot prune");
    const { olderThan, lane, states = ["completed", "failed", "cancelled"], limit = 1000 } = options;
    return this.#store.remove({
      states,
      olderThanMs: parseDuration(olderThan, "olderThan"),
      limit,
      ...(lane !== undefined && { lane }),
    });
  }

  /** The same verbs inside the caller's own transaction, for backends with `capabilities.transactions` (P5). */
  in(tx: Tx): InTransaction<C> {
    const at: At<Tx> = { tx };
    return {
      add: (type, payload, options) => this.#add(type, payload, options, at),
      addMany: (jobs, options = {}) => this.#addMany(jobs, options, at),
      cas: (changes) => this.#store.cas(changes, at),
      append: (entries) => this.#store.append(entries, at),
    };
  }

  /** Reads a job, or several. */
  get(id: string): Promise<Found>;
  get(ids: readonly string[]): Promise<Found[]>;
  async get(ids: string | readonly string[]): Promise<Found | Found[]> {
    if (typeof ids !== "string") return this.#store.get(ids);
    const [job] = await this.#store.get([ids]);
    return job ?? null;
  }

  /** A page of jobs; AnyQueue's own, in lanes that begin with `$`, only when such a lane is named. */
  async list(query: Partial<ListInput> = {}): Promise<Page<Job>> {
    const page = await this.#store.list({ limit: 100, ...query });
    return query.lanes ? page : { ...page, items: page.items.filter((job) => !job.lane.startsWith("$")) };
  }

  /** Removes jobs by id, whatever their state, or finished ones by age (P26). Answers how many. */
  remove(query: string | RemoveQuery): Promise<number> {
    return this.#store.remove(typeof query === "string" ? { ids: [query] } : query);
  }

  /** Every lane with its settings and counts; the default lane is always among them. */
  async lanes(query: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    const lanes = (await this.#store.lanes(query)).filter(({ lane }) => !lane.startsWith("$"));
    if (lanes.some(({ lane }) => lane === DEFAULT_LANE)) return lanes;
    const empty = { lane: DEFAULT_LANE, settings: {}, counts: {}, atLeast: [], oldestDueAt: null };
    return [...lanes, empty].sort((a, b) => (a.lane < b.lane ? -1 : 1));
  }

  /** Changes a lane's settings; what is absent stays, `null` resets (P19). */
  configure(lane: string, settings: LaneSettings): Promise<void> {
    return this.#store.configure(lane, settings);
  }

  // The state-machine level: the contract's verbs, guarded.

  /** Stores jobs (P1–P5). */
  insert(jobs: readonly JobInput[], at?: At<Tx>): Promise<InsertOutcome[]> {
    return this.#store.insert(jobs, at);
  }

  /** Chooses, advances and leases due jobs (P6–P11). */
  poll(request: PollInput): Promise<PollResult> {
    return this.#store.poll(request);
  }

  /** Compares and sets (P12–P16). */
  cas(changes: readonly ChangeInput[], at?: At<Tx>): Promise<CasOutcome[]> {
    return this.#store.cas(changes, at);
  }

  /** Adds to the logs of jobs (P22). */
  append(entries: readonly NewEvent[], at?: At<Tx>): Promise<AppendOutcome[]> {
    return this.#store.append(entries, at);
  }

  /** Reads the log (P22, P23). */
  events(query: Partial<EventQuery> = {}): Promise<EventPage> {
    return this.#store.events({ limit: 100, ...query });
  }

  /** Hears hints; they are never needed for correctness (P24). */
  async subscribe(wake: (hint: Hint) => void): Promise<Unsubscribe> {
    this.#store.assertOpen("subscribe");
    return this.#wakeups.listen(wake);
  }

  async #add(type: string, payload: unknown, options: AddOptions | undefined, at?: At<Tx>): Promise<Added> {
    const [outcome] = await this.#store.insert([this.#input(type, payload, options)], at);
    if (outcome?.status === "added") return { id: outcome.id, status: "added" };
    if (outcome?.status === "existing") return { id: outcome.id, status: "existing", job: outcome.job };
    throw new QueueError(
      "LANE_FULL",
      `Cannot add a ${type} job: its lane has no room left. Try again when some jobs are done.`,
    );
  }

  async #addMany(
    jobs: readonly AddRequest<C>[],
    options: { readonly allOrNone?: boolean },
    at?: At<Tx>,
  ): Promise<InsertOutcome[]> {
    checkManyOptions(options, "Cannot add jobs");
    if (!Array.isArray(jobs)) throw new QueueError("INVALID", "Cannot add jobs: give a list of { type, payload }.");
    const inputs = (jobs as readonly AddRequest<C>[]).map((job, i) => {
      checkAddRequest(job, `Cannot add job ${i}`);
      return this.#input(job.type, job.payload, job.options);
    });
    const { allOrNone } = options;
    return this.#store.insert(inputs, allOrNone === undefined ? at : { ...at, allOrNone });
  }

  #input(type: string, payload: unknown, options: AddOptions | undefined): JobInput {
    const { jobs } = this.#options;
    if (!jobs) return jobInput(type, payload, undefined, options);
    const definition = Object.hasOwn(jobs, type) ? jobs[type] : undefined;
    if (!definition) {
      throw new QueueError(
        "INVALID",
        `Cannot add a ${String(type)} job: there is no such type. ${suggest(String(type), Object.keys(jobs))}`,
      );
    }
    const checked = definition.payload ? schemaCheck(definition.payload)(payload, `Cannot add a ${type} job`) : payload;
    return jobInput(type, checked, definition, options);
  }

  #checkResult(type: string, result: unknown): unknown {
    const schema = this.#options.jobs?.[type]?.result;
    return schema ? schemaCheck(schema)(result, `The result of ${type}`) : result;
  }

  #startJanitor(worker: Worker): void {
    if (this.#options.retention === false || this.#janitor) return;
    this.#janitor = new Janitor(this.#plain, {
      holder: worker.holder,
      onError: (error) => reportError(worker as never, error),
    });
    this.#janitor.start();
  }
}
