import { checkJson } from "../check/check-json.ts";
import {
  AtSchema,
  EventsSchema,
  IdsSchema,
  LanesSchema,
  MAX_JOBS,
  NewEventSchema,
  RemoveByIdsSchema,
  RemoveSchema,
  RetentionSchema,
} from "../check/schemas.ts";
import { validator } from "../check/validator.ts";
import type { Adapter, Capabilities, Hint, Unsubscribe } from "../contract/adapter.ts";
import type { CasOutcome, Change } from "../contract/change.ts";
import type { AppendOutcome, EventPage, EventQuery, NewEvent } from "../contract/event.ts";
import type { At, InsertOutcome } from "../contract/insert.ts";
import type { Job } from "../contract/job.ts";
import type { LaneSettings, LaneStatus } from "../contract/lane.ts";
import type { PollRequest, PollResult } from "../contract/poll.ts";
import type { Found, Page, RemoveQuery } from "../contract/query.ts";
import { QueueError } from "../errors.ts";
import { warn } from "../warn.ts";
import type { FailurePolicy } from "../policy/failure.ts";
import { checkBytes, checkCount, nameOf } from "./bounds.ts";
import { type ChangeInput, checkChange } from "./change-input.ts";
import { distinctRuns, isDistinct } from "./distinct.ts";
import { refuseCycles } from "./cycles.ts";
import { checkJob, type JobInput } from "./job-input.ts";
import { checkLane } from "./lane-input.ts";
import { Lifecycle } from "./lifecycle.ts";
import { checkList, checkPoll, type ListInput, type PollInput } from "./poll-input.ts";
import { promised } from "./promised.ts";
import { Rescuer, type RescueRequest } from "./rescuer.ts";
import { Sender } from "./sender.ts";
import { refuseTwins } from "./twins.ts";
import { withClock } from "./with-clock.ts";

/** What one call to the adapter took, for metrics and tracing. */
export interface CallReport {
  readonly adapter: string;
  readonly verb: string;
  /** Milliseconds. */
  readonly duration: number;
  /** Absent when the call was answered. */
  readonly error?: QueueError;
}

/** Settings of a `Store`. */
export interface StoreOptions extends FailurePolicy {
  /** Told of every call to the adapter; the one place where telemetry is made. */
  readonly observe?: ((report: CallReport) => void) | undefined;
  /**
   * What time it is, in epoch milliseconds; for tests. The adapter is told it with every call, so that delays, leases, rates
   * and retention go by it. Without it the store's own clock decides.
   */
  readonly now?: (() => number) | undefined;
}

const MAX_RESCUED = 1000;

const validateAt = validator(AtSchema);
const validateIds = validator(IdsSchema);
const validateRemoveByIds = validator(RemoveByIdsSchema);
const validateRemove = validator(RemoveSchema);
const validateRetention = validator(RetentionSchema);
const validateEvent = validator(NewEventSchema);
const validateEvents = validator(EventsSchema);
const validateLanes = validator(LanesSchema);

/**
 * The guard in front of an adapter, and its only caller: it checks and normalises arguments, knows open from closed,
 * merges calls in flight, resends an insert whose reply was lost, settles jobs whose lease has ended, wraps errors and
 * reports telemetry. An adapter therefore does none of that.
 */
export class Store<Tx = never> {
  readonly #adapter: Adapter<Tx>;
  readonly #now: () => number;
  readonly #life: Lifecycle;
  readonly #rescuer: Rescuer;
  readonly #sender: Sender<Tx>;

  constructor(adapter: Adapter<Tx>, options: StoreOptions = {}) {
    this.#adapter = options.now ? withClock(adapter, options.now) : adapter;
    this.#now = options.now ?? Date.now;
    this.#life = new Lifecycle(adapter, options.observe);
    this.#rescuer = new Rescuer(this, options);
    this.#sender = new Sender(this.#adapter, this.#life);
  }

  /** The adapter's name. */
  get name(): string {
    return this.#adapter.name;
  }

  /** The time by the clock of this process, in epoch milliseconds: close to the store's, and not that. */
  now(): number {
    return this.#now();
  }

  /** What the adapter can do; valid once `open` has returned. */
  get capabilities(): Capabilities {
    return this.#adapter.capabilities;
  }

  /** Connects and migrates. */
  open(): Promise<void> {
    return this.#life.open();
  }

  /** Waits for what is in flight; afterwards every verb answers `CLOSED` (P25). */
  close(): Promise<void> {
    return this.#life.close();
  }

  /** @throws QueueError `CLOSED` before `open` and after `close`. */
  assertOpen(verb: string): void {
    this.#life.assertOpen(verb);
  }

  /**
   * Stores jobs (P1–P5). Calls in flight travel together, except those with `tx`, `allOrNone` or `now`, and those with a
   * unique key or dependencies, which may have to wait for a stranger's transaction. Ids that were `made` for this call
   * are no job's yet, and count as if they were left to the store.
   */
  insert(inputs: readonly JobInput[], at?: At<Tx>, made?: ReadonlySet<string>): Promise<InsertOutcome[]> {
    return promised(() => this.#insert(inputs, at, made));
  }

  #insert(
    inputs: readonly JobInput[],
    at: At<Tx> | undefined,
    made: ReadonlySet<string> | undefined,
  ): Promise<InsertOutcome[]> {
    this.#life.assertOpen("insert");
    checkCount(inputs, "jobs", "insert", MAX_JOBS);
    this.#checkAt(at, "insert");
    if (inputs.length === 0) return Promise.resolve([]);
    const checked = inputs.map((input, i) => checkJob(input, nameOf("insert", "job", i, inputs.length)));
    const bytes = checkBytes(checked, "insert");
    const jobs = checked.map(({ job }) => job);
    const named = checked
      .filter(({ job, named: byCaller }) => byCaller && made?.has(job.id) !== true)
      .map(({ job }) => job);
    if (jobs.some(({ dependsOn }) => dependsOn !== undefined)) refuseCycles(jobs, "insert");
    if (at?.allOrNone === true) refuseTwins(jobs, "Cannot insert", (i) => `job ${i}`);
    return this.#sender.insert(jobs, named, bytes, at);
  }

  /** Chooses and leases due jobs (P6–P11). Without `expired`, jobs whose lease has ended are settled about once a second (P15). */
  poll(input: PollInput): Promise<PollResult> {
    return promised(() => {
      this.#life.assertOpen("poll");
      const request = checkPoll(input);
      if (request.expired !== undefined || request.now !== undefined || !this.#rescuer.isDue(request))
        return this.#poll(request);
      return this.#rescuer.pollAndRescue(request, (all) => this.#poll(all));
    });
  }

  /**
   * Applies each change or tells why not (P12–P16, P21). Calls in flight travel together, except those with `tx` or `now`,
   * and those that spawn jobs with a unique key or dependencies, which may have to wait for a stranger's transaction.
   */
  cas(inputs: readonly ChangeInput[], at?: At<Tx>): Promise<CasOutcome[]> {
    return promised(() => this.#cas(inputs, at));
  }

  #cas(inputs: readonly ChangeInput[], at: At<Tx> | undefined): Promise<CasOutcome[]> {
    this.#life.assertOpen("cas");
    checkCount(inputs, "changes", "cas");
    this.#checkAt(at, "cas");
    if (inputs.length === 0) return Promise.resolve([]);
    const checked = inputs.map((input, i) => checkChange(input, nameOf("cas", "change", i, inputs.length)));
    const bytes = checkBytes(checked, "cas");
    const changes = checked.map(({ change }) => change);
    return isDistinct(changes) ? this.#sender.change(changes, bytes, at) : this.#changeInRuns(changes, bytes, at);
  }

  async #changeInRuns(changes: readonly Change[], bytes: number, at: At<Tx> | undefined): Promise<CasOutcome[]> {
    const runs = distinctRuns(changes);
    // All of them at once, since such a transaction may be over when the first is answered. They are done in their order.
    if (at?.tx !== undefined && this.capabilities.transactions === "synchronous")
      return (await Promise.all(runs.map((run) => this.#sender.change(run, bytes, at)))).flat();
    const outcomes: CasOutcome[] = [];
    for (const run of runs) outcomes.push(...(await this.#sender.change(run, bytes, at)));
    return outcomes;
  }

  /** Reads jobs by id, `null` for each that is not kept. */
  async get(ids: readonly string[]): Promise<Found[]> {
    this.#life.assertOpen("get");
    validateIds({ ids: Array.isArray(ids) ? Array.from(ids as unknown[]) : ids }, "Cannot get");
    return this.#life.track("get", () => this.#adapter.get(ids), ids.length);
  }

  /** Lists jobs, a page at a time. Changes nothing. */
  async list(input: ListInput): Promise<Page<Job>> {
    this.#life.assertOpen("list");
    const query = checkList(input);
    return this.#life.track("list", () => this.#adapter.list(query));
  }

  /** Removes jobs, and tells how many (P26). */
  async remove(query: RemoveQuery): Promise<number> {
    this.#life.assertOpen("remove");
    validatorOf(query)(query, "Cannot remove");
    return this.#life.track("remove", () => this.#adapter.remove(query));
  }

  /** Adds user events to the logs of jobs (P22). */
  async append(entries: readonly NewEvent[], at?: At<Tx>): Promise<AppendOutcome[]> {
    this.#life.assertOpen("append");
    checkCount(entries, "events", "append");
    this.#checkAt(at, "append");
    if (entries.length === 0) return [];
    const checked = entries.map((entry) => {
      validateEvent(entry, "Cannot append");
      const { value, bytes } = checkJson(entry.event, "event");
      return { entry: { ...entry, event: value }, bytes };
    });
    checkBytes(checked, "append");
    const copies = checked.map(({ entry }) => entry);
    return this.#life.track("append", () => this.#adapter.append(copies, at), copies.length);
  }

  /** Reads the log of one job or of the store (P22, P23). */
  async events(query: EventQuery): Promise<EventPage> {
    this.#life.assertOpen("events");
    validateEvents(query, "Cannot read events");
    return this.#life.track("events", () => this.#adapter.events(query));
  }

  /** Tells the settings and counts of every lane, by name. */
  async lanes(query: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    this.#life.assertOpen("lanes");
    validateLanes(query, "Cannot list lanes");
    return this.#life.track("lanes", () => this.#adapter.lanes(query));
  }

  /** Sets a lane's settings; binds every call that begins after it returned (P19). */
  async configure(lane: string, settings: LaneSettings): Promise<void> {
    this.#life.assertOpen("configure");
    checkLane(lane, settings);
    return this.#life.track("configure", () => this.#adapter.configure(lane, settings));
  }

  /** Calls `wake` with hints until unsubscribed (P24). */
  async subscribe(wake: (hint: Hint) => void): Promise<Unsubscribe> {
    this.#life.assertOpen("subscribe");
    const hear = (hint: Hint): void => {
      try {
        wake(hint);
      } catch (error) {
        // A listener's trouble is not the adapter's, which may be in the middle of a commit.
        warn(error);
      }
    };
    return this.#life.track("subscribe", () => this.#adapter.subscribe(hear));
  }

  /** As `rescue`, if the last time was about a second ago; for a worker that is too busy to poll. */
  async rescueNowAndThen(lanes?: readonly string[]): Promise<void> {
    const request = lanes ? { lanes } : {};
    if (this.#rescuer.isDue(request)) await this.#rescuer.rescue({ ...request, limit: MAX_RESCUED });
  }

  /** Takes over jobs whose lease has ended and settles them by policy (P15). Tells how many. */
  rescue(request: RescueRequest): Promise<number> {
    return this.#rescuer.rescue(request);
  }

  #poll(request: PollRequest): Promise<PollResult> {
    return this.#life.track("poll", () => this.#adapter.poll(request));
  }

  #checkAt(at: At<Tx> | undefined, verb: string): void {
    if (at === undefined) return;
    validateAt(at, `Cannot ${verb}`);
    if ("tx" in at && (at.tx === undefined || at.tx === null)) {
      throw new QueueError("INVALID", `Cannot ${verb}: \`tx\` holds no transaction. Leave it out to go without one.`);
    }
    if (at.tx !== undefined && !this.capabilities.transactions) {
      throw new QueueError(
        "UNSUPPORTED",
        `Cannot ${verb}: the ${this.name} store cannot join your transaction. Leave out \`tx\`, or use a store that can.`,
      );
    }
  }
}

function validatorOf(query: RemoveQuery): typeof validateIds {
  if (typeof query !== "object" || query === null) return validateRemove;
  return "ids" in query ? validateRemoveByIds : "keep" in query ? validateRetention : validateRemove;
}
