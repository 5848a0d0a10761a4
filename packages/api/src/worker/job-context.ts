import { checkJson } from "../check/check-json.ts";
import type { At } from "../contract/insert.ts";
import { QueueError } from "../errors.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import type { AddOptions } from "../queue/add-options.ts";
import type { Catalog, PayloadInput, Result, TypeOf } from "../queue/catalog.ts";
import type { JobInput } from "../store/job-input.ts";
import type { Store } from "../store/store.ts";
import type { HeldJob } from "./held-job.ts";

/** What a handler can do beside returning or throwing. */
export interface Context<C extends Catalog = Catalog, T extends TypeOf<C> = TypeOf<C>, Tx = never> {
  /** Aborts when the job was asked to stop, timed out, lost its lease, or the worker's grace is over; see its `reason`. */
  readonly signal: AbortSignal;
  /** Stores JSON with the job that others can read while it runs. @throws QueueError `STALE` when the lease is lost. */
  progress(value: unknown): Promise<void>;
  /** Appends JSON to the job's log (P22). @throws QueueError `STALE` when the lease is lost. */
  log(value: unknown): Promise<void>;
  /** When the handler returns, the job goes back, uncharged, and is due again after this time. */
  snooze(delay: Duration): void;
  /** Adds a job in the very step that completes this one: both happen or neither does (P13a). */
  spawn<S extends TypeOf<C>>(type: S, payload: PayloadInput<C, S>, options?: AddOptions): void;
  /**
   * Completes the job inside your own transaction, so that your rows and the completion are committed together (S48).
   * @throws QueueError `STALE` when the lease is lost: let the transaction roll back.
   */
  complete(result: Result<C, T>, at: { readonly tx: Tx }): Promise<void>;
}

/** Builds spawned jobs, checked against the catalogue. */
export type BuildJob = (type: string, payload: unknown, options?: AddOptions) => JobInput;

/**
 * One attempt at a job: what its handler asked for on the way. The getters bind, so that `async (job, { log }) => …`
 * works; a handler that uses none of them pays nothing.
 */
export class JobContext implements Context<Catalog, string, never> {
  readonly #store: Store<never>;
  readonly #held: HeldJob;
  readonly #build: BuildJob;
  /** Milliseconds, if the handler asked to be called again later. */
  snoozed: number | undefined;
  /** The handler completed the job itself, in its own transaction. */
  completed = false;
  /** What to add when the job completes. */
  spawned: JobInput[] | undefined;

  constructor(store: Store<never>, held: HeldJob, build: BuildJob) {
    this.#store = store;
    this.#held = held;
    this.#build = build;
  }

  get signal(): AbortSignal {
    return this.#held.signal;
  }

  get progress(): Context["progress"] {
    return async (value) => {
      const { id, token } = this.#held.job;
      const progress = checkJson(value, "progress").value;
      const [outcome] = await this.#store.cas([{ id, expect: { token }, set: { progress } }]);
      if (outcome?.status !== "ok") throw this.#lost();
      if (outcome.cancelRequested) this.#held.requestCancel();
    };
  }

  get log(): Context["log"] {
    return async (value) => {
      const { id, token } = this.#held.job;
      const event = checkJson(value, "event").value;
      const [outcome] = await this.#store.append([{ id, event, token }]);
      if (outcome?.status !== "ok") throw this.#lost();
    };
  }

  get snooze(): Context["snooze"] {
    return (delay) => {
      this.snoozed = parseDuration(delay, "delay");
    };
  }

  get spawn(): Context<Catalog, string, never>["spawn"] {
    return (type, payload, options) => {
      (this.spawned ??= []).push(this.#build(type, payload, options));
    };
  }

  get complete(): (result: unknown, at: At<never>) => Promise<void> {
    return async (result, at) => {
      const { id, token } = this.#held.job;
      const set = result === undefined ? { state: "completed" } : { state: "completed", result: result as never };
      const spawn = this.spawned && { spawn: this.spawned };
      const [outcome] = await this.#store.cas([{ id, expect: { token }, set, ...spawn }], at);
      if (outcome?.status !== "ok") throw this.#lost();
      this.completed = true;
    };
  }

  #lost(): QueueError {
    const { id } = this.#held.job;
    this.#held.interrupt("LEASE_LOST", `Job ${id} is no longer held by this worker.`);
    return new QueueError("STALE", `Job ${id} is no longer held by this worker; stop working on it.`);
  }
}
