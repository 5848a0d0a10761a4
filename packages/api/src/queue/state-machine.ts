import type { Adapter, Capabilities, Hint, Unsubscribe } from "../contract/adapter.ts";
import type { CasOutcome } from "../contract/change.ts";
import type { AppendOutcome, EventPage, EventQuery, NewEvent } from "../contract/event.ts";
import type { At, InsertOutcome } from "../contract/insert.ts";
import type { Job } from "../contract/job.ts";
import type { LaneSettings, LaneStatus } from "../contract/lane.ts";
import { DEFAULT_LANE } from "../contract/names.ts";
import type { PollResult } from "../contract/poll.ts";
import type { Found, Page, RemoveQuery } from "../contract/query.ts";
import type { ChangeInput } from "../store/change-input.ts";
import type { JobInput } from "../store/job-input.ts";
import type { ListInput, PollInput } from "../store/poll-input.ts";
import { Store, type StoreOptions } from "../store/store.ts";
import { checkObject } from "./call-options.ts";
import { EventStream, type EventStreamOptions } from "./event-stream.ts";
import { Wakeups } from "./wakeups.ts";

/** The state-machine level of a queue: the contract's verbs, guarded and with defaults, in the contract's order. */
export class StateMachine<Tx = never> {
  protected readonly store: Store<Tx>;
  protected readonly wakeups: Wakeups;
  readonly #streams = new Set<EventStream>();

  constructor(adapter: Adapter<Tx>, options: StoreOptions) {
    this.store = new Store(adapter, options);
    this.wakeups = new Wakeups(this.store);
  }

  /** The backend's name. */
  get backend(): string {
    return this.store.name;
  }

  /** What the backend can do. */
  get capabilities(): Capabilities {
    return this.store.capabilities;
  }

  /** Connects and migrates; `openQueue` has done it. */
  open(): Promise<void> {
    return this.store.open();
  }

  /** Ends the streams of events, waits for what is in flight, and closes the store (P25). */
  async close(): Promise<void> {
    for (const stream of this.#streams) stream.stop();
    await this.wakeups.close();
    const closed = this.store.close();
    // Whoever waits for something looks, and so learns at once that it is closed.
    this.wakeups.tell({ resync: true });
    await closed;
  }

  /** Stores jobs (P1–P5). */
  insert(jobs: readonly JobInput[], at?: At<Tx>): Promise<InsertOutcome[]> {
    return this.store.insert(jobs, at);
  }

  /** Chooses, advances and leases due jobs (P6–P11). */
  poll(request: PollInput): Promise<PollResult> {
    return this.store.poll(request);
  }

  /** Compares and sets (P12–P16). */
  cas(changes: readonly ChangeInput[], at?: At<Tx>): Promise<CasOutcome[]> {
    return this.store.cas(changes, at);
  }

  /** Reads a job, or several. */
  get(id: string): Promise<Found>;
  get(ids: readonly string[]): Promise<Found[]>;
  async get(ids: string | readonly string[]): Promise<Found | Found[]> {
    if (typeof ids !== "string") return this.store.get(ids);
    const [job] = await this.store.get([ids]);
    return job ?? null;
  }

  /** A page of jobs; AnyQueue's own, in lanes that begin with `$`, only when such a lane is named. */
  async list(query: Partial<ListInput> = {}): Promise<Page<Job>> {
    checkObject(query, "Cannot list");
    const page = await this.store.list({ limit: 100, ...query });
    return query.lanes ? page : { ...page, items: page.items.filter((job) => !job.lane.startsWith("$")) };
  }

  /** Removes jobs by id, whatever their state, or finished ones by age (P26). Answers how many. */
  remove(query: string | RemoveQuery): Promise<number> {
    return this.store.remove(typeof query === "string" ? { ids: [query] } : query);
  }

  /** Adds to the logs of jobs (P22). */
  append(entries: readonly NewEvent[], at?: At<Tx>): Promise<AppendOutcome[]> {
    return this.store.append(entries, at);
  }

  /** A page of the log, of all jobs or of one (P22, P23); `events` follows it. */
  async eventPage(query: Partial<EventQuery> = {}): Promise<EventPage> {
    checkObject(query, "Cannot read events");
    return this.store.events({ limit: 100, ...query });
  }

  /**
   * Follows the log, of all jobs or of one: `for await (const event of queue.events({ after }))` sees every committed event
   * once, first those that are there, then those that come (P23). Each carries the `cursor` behind it.
   *
   * @throws QueueError `INVALID` naming the option; while it runs `MISSING` for a job that is not kept, `UNAVAILABLE`.
   */
  events(options: EventStreamOptions = {}): EventStream {
    this.store.assertOpen("follow events");
    return new EventStream({ store: this.store, wakeups: this.wakeups, streams: this.#streams }, options);
  }

  /** Every lane with its settings and counts; the default lane is always among them. */
  async lanes(query: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    const lanes = (await this.store.lanes(query)).filter(({ lane }) => !lane.startsWith("$"));
    if (lanes.some(({ lane }) => lane === DEFAULT_LANE)) return lanes;
    const empty = { lane: DEFAULT_LANE, settings: {}, counts: {}, atLeast: [], oldestDueAt: null };
    return [...lanes, empty].sort((a, b) => (a.lane < b.lane ? -1 : 1));
  }

  /** Changes a lane's settings; what is absent stays, `null` resets (P19). */
  configure(lane: string, settings: LaneSettings): Promise<void> {
    return this.store.configure(lane, settings);
  }

  /** Hears hints; they are never needed for correctness (P24). */
  async subscribe(wake: (hint: Hint) => void): Promise<Unsubscribe> {
    this.store.assertOpen("subscribe");
    return this.wakeups.listen(wake);
  }
}
