import {
  type Adapter,
  type AppendOutcome,
  type At,
  type Capabilities,
  type CasOutcome,
  type Change,
  type EventPage,
  type EventQuery,
  type Found,
  type Hint,
  type InsertOutcome,
  type Job,
  type JobQuery,
  type LaneSettings,
  type LaneStatus,
  type NewEvent,
  type NewJob,
  type Page,
  type PollRequest,
  type PollResult,
  QueueError,
  type RemoveQuery,
  type Unsubscribe,
} from "@anyqueue/api";

/** Where the store is. */
export interface MyStoreOptions {
  readonly url: string;
}

/** AnyQueue on MyStore: thirteen verbs, to be written from the first to the last. */
export class MyStoreAdapter implements Adapter {
  readonly name = "my-store";
  /** What it claims, and the suite tests. Begin with this little, and claim more when all of it is kept. */
  readonly capabilities: Capabilities = Object.freeze({
    durability: "none",
    scope: "process",
    atomicity: "store",
    transactions: false,
    push: false,
  });
  readonly #options: MyStoreOptions;

  constructor(options: MyStoreOptions) {
    this.#options = options;
  }

  /** Connects, and makes what is not there yet; many processes may do it at once. */
  async open(): Promise<void> {
    throw notWritten("open");
  }

  /** Disconnects. The second time it does nothing. */
  async close(): Promise<void> {
    throw notWritten("close");
  }

  /** Stores jobs, in one step: `freshJob(job, now)` is what to store. Answers an outcome for each. */
  async insert(jobs: readonly NewJob[], { now = Date.now(), allOrNone = false }: At = {}): Promise<InsertOutcome[]> {
    throw notWritten("insert");
  }

  /** Chooses due jobs in order, and writes `advance(job, …)` of each with a new token, in one step. */
  async poll(request: PollRequest): Promise<PollResult> {
    throw notWritten("poll");
  }

  /** Writes what `decide(job, change, now)` says for each change, in one step with the reading. */
  async cas(changes: readonly Change[], { now = Date.now() }: At = {}): Promise<CasOutcome[]> {
    throw notWritten("cas");
  }

  /** Reads jobs, in the order of the ids; null for what is not there. */
  async get(ids: readonly string[]): Promise<Found[]> {
    throw notWritten("get");
  }

  /** Lists what `isListed(job, query, now)`, a page at a time. */
  async list(query: JobQuery): Promise<Page<Job>> {
    throw notWritten("list");
  }

  /** Removes jobs by id, or finished ones that `isOutdated`, with their events. Tells how many. */
  async remove(query: RemoveQuery): Promise<number> {
    throw notWritten("remove");
  }

  /** Writes events of the user's to the log; with a token only while that lease lives. */
  async append(entries: readonly NewEvent[], { now = Date.now() }: At = {}): Promise<AppendOutcome[]> {
    throw notWritten("append");
  }

  /** Reads the log, a page at a time, in an order in which nothing is ever added further ahead. */
  async events(query: EventQuery): Promise<EventPage> {
    throw notWritten("events");
  }

  /** Tells every lane by name, with its settings and its jobs counted by `countedState(job, now)`. */
  async lanes({ now = Date.now() }: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    throw notWritten("lanes");
  }

  /** Stores `mergeSettings(before, settings)`. */
  async configure(lane: string, settings: LaneSettings): Promise<void> {
    throw notWritten("configure");
  }

  /** Calls `wake` after a step that may have made something due, or has ended a job; until unsubscribed or closed. */
  async subscribe(wake: (hint: Hint) => void): Promise<Unsubscribe> {
    throw notWritten("subscribe");
  }
}

/** Tells which verb is next. When none calls it any more, it goes. */
function notWritten(verb: string): QueueError {
  return new QueueError("UNSUPPORTED", `\`${verb}\` is not written yet.`);
}
