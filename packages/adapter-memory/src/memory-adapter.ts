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
import { append } from "./append.ts";
import { cas } from "./cas.ts";
import { unseal } from "./entry.ts";
import { insert } from "./insert.ts";
import { lanes } from "./lanes.ts";
import { list } from "./list.ts";
import type { MemoryOptions, SnapshotOptions } from "./options.ts";
import { poll } from "./poll.ts";
import { remove } from "./remove.ts";
import { Snapshots } from "./snapshots.ts";
import { State } from "./state.ts";

/**
 * Keeps jobs in the memory of this process. It is the readable statement of what the verbs mean: each of them is one
 * synchronous step on `State`, so no two calls ever meet, and a call has taken effect when it returns its promise.
 */
export class MemoryAdapter implements Adapter {
  readonly name = "memory";
  readonly capabilities: Capabilities;
  readonly #options: SnapshotOptions | undefined;
  #state = new State();
  #snapshots: Snapshots | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: MemoryOptions = {}) {
    this.#options = options.snapshot && { ...options.snapshot };
    this.capabilities = Object.freeze({
      durability: options.snapshot ? "snapshot" : "none",
      scope: "process",
      atomicity: "store",
      transactions: false,
      push: true,
    });
  }

  async open(): Promise<void> {
    if (this.#options === undefined || this.#snapshots !== undefined) return;
    const { state, snapshots } = await Snapshots.open(this.#options);
    this.#state = state;
    this.#snapshots = snapshots;
  }

  /** Without a snapshot the jobs go with the process, not before: the same adapter can be opened again. */
  async close(): Promise<void> {
    this.#state.hints.unsubscribeAll();
    this.#closing ??= this.#close().finally(() => void (this.#closing = undefined));
    return this.#closing;
  }

  async insert(jobs: readonly NewJob[], at: At = {}): Promise<InsertOutcome[]> {
    return insert(this.#state, jobs, at);
  }

  async poll(request: PollRequest): Promise<PollResult> {
    return poll(this.#state, request);
  }

  async cas(changes: readonly Change[], at: At = {}): Promise<CasOutcome[]> {
    return cas(this.#state, changes, at);
  }

  async get(ids: readonly string[]): Promise<Found[]> {
    return ids.map((id) => {
      const entry = this.#state.jobs.get(id);
      return entry ? unseal(entry.job) : null;
    });
  }

  async list(query: JobQuery): Promise<Page<Job>> {
    return list(this.#state, query);
  }

  async remove(query: RemoveQuery): Promise<number> {
    return remove(this.#state, query);
  }

  async append(entries: readonly NewEvent[], at: At = {}): Promise<AppendOutcome[]> {
    return append(this.#state, entries, at);
  }

  async events(query: EventQuery): Promise<EventPage> {
    return this.#state.log.read(query);
  }

  async lanes(query: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    return lanes(this.#state, this.#state.now(query.now));
  }

  async configure(lane: string, settings: LaneSettings): Promise<void> {
    this.#state.configure(lane, settings, this.#state.now(undefined));
  }

  async subscribe(wake: (hint: Hint) => void): Promise<Unsubscribe> {
    return this.#state.hints.subscribe(wake);
  }

  async #close(): Promise<void> {
    await this.#snapshots?.close();
    this.#snapshots = undefined;
  }
}
