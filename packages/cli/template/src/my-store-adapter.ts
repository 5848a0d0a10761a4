import type {
  Adapter,
  AppendOutcome,
  At,
  Capabilities,
  CasOutcome,
  Change,
  EventPage,
  EventQuery,
  Found,
  Hint,
  InsertOutcome,
  Job,
  JobQuery,
  LaneSettings,
  LaneStatus,
  NewEvent,
  NewJob,
  Page,
  PollRequest,
  PollResult,
  RemoveQuery,
  Unsubscribe,
} from "@anyqueue/api";
import {
  append,
  cas,
  configure,
  inStep,
  insert,
  poll,
  remove,
  runAsync,
  type Step,
  type Work,
} from "@anyqueue/api/step";
import { MyStoreRows } from "./my-store-rows.ts";
import { notWritten } from "./not-written.ts";

/** Where the store is. */
export interface MyStoreOptions {
  readonly url: string;
}

/** AnyQueue on MyStore: thirteen verbs. Six of them are there, once `MyStoreRows` has answers; seven are to be written. */
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
  /** How many polls there were, so that those that name no lane begin at another one each time. */
  #round = 0;

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

  /** Stores jobs, and answers an outcome for each. */
  async insert(jobs: readonly NewJob[], { now, allOrNone }: At = {}): Promise<InsertOutcome[]> {
    return this.#step(now, (step) => insert(step, jobs, { allOrNone }));
  }

  /** Takes due jobs in order, and those whose lease has ended. */
  async poll(request: PollRequest): Promise<PollResult> {
    return this.#step(request.now, (step) => poll(step, request, this.#round++));
  }

  /** Applies each change, or tells why not. */
  async cas(changes: readonly Change[], { now }: At = {}): Promise<CasOutcome[]> {
    return this.#step(now, (step) => cas(step, changes));
  }

  /** Reads jobs, in the order of the ids; null for what is not there. */
  async get(ids: readonly string[]): Promise<Found[]> {
    throw notWritten("get");
  }

  /** Lists what `isListed(job, query, now)`, a page at a time. */
  async list(query: JobQuery): Promise<Page<Job>> {
    throw notWritten("list");
  }

  /** Removes jobs, with their events, and tells how many. */
  async remove(query: RemoveQuery): Promise<number> {
    return this.#step(query.now, (step) => remove(step, query));
  }

  /** Writes events of the user's to the log. */
  async append(entries: readonly NewEvent[], { now }: At = {}): Promise<AppendOutcome[]> {
    return this.#step(now, (step) => append(step, entries));
  }

  /** Reads the log, a page at a time, in an order in which nothing is ever added further ahead. */
  async events(query: EventQuery): Promise<EventPage> {
    throw notWritten("events");
  }

  /** Tells every lane by name, with its settings and its jobs counted by `countedState(job, now)`. */
  async lanes({ now = Date.now() }: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    throw notWritten("lanes");
  }

  /** Changes a lane's settings. */
  async configure(lane: string, settings: LaneSettings): Promise<void> {
    return this.#step(undefined, (step) => configure(step, lane, settings));
  }

  /** Calls `wake` after a step that may have made something due, or has ended a job; until unsubscribed or closed. */
  async subscribe(wake: (hint: Hint) => void): Promise<Unsubscribe> {
    throw notWritten("subscribe");
  }

  /** Does all of a verb or, if it throws, nothing of it. Nothing else may come between. */
  async #step<T>(now: number | undefined, verb: (step: Step) => Work<T>): Promise<T> {
    // A transaction begins here, and is rolled back if anything throws.
    const rows = new MyStoreRows();
    const answer = await runAsync(inStep(rows, now ?? Date.now(), verb));
    await rows.write();
    // It is committed here. Only then those who listen are told of `rows.hints`.
    return answer;
  }
}
