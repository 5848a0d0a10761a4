import { checkJson } from "../check/check-json.ts";
import type { At } from "../contract/insert.ts";
import { QueueError } from "../errors.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import type { AddOptions } from "../queue/add-options.ts";
import type { Catalog, Payload, PayloadInput, ResultInput, TypeOf } from "../queue/catalog.ts";
import type { AddRequest } from "../queue/job-types.ts";
import { scheduledFor } from "../schedule/scheduled-for.ts";
import type { JobInput } from "../store/job-input.ts";
import type { Store } from "../store/store.ts";
import { dependenciesOf, type Dependency } from "./dependencies.ts";
import type { HeldJob } from "./held-job.ts";

/** What a handler can do beside returning or throwing. */
export interface Context<C extends Catalog = Catalog, T extends TypeOf<C> = TypeOf<C>, Tx = never> {
  /** Aborts when the job was asked to stop, timed out, lost its lease, or the worker's grace is over; see its `reason`. */
  readonly signal: AbortSignal;
  /** The tick for which a schedule added this job, in epoch milliseconds, however late it runs; undefined for other jobs. */
  readonly scheduledFor: number | undefined;
  /** Stores JSON with the job that others can read while it runs. @throws QueueError `STALE` when the lease is lost. */
  progress(this: void, value: unknown): Promise<void>;
  /** Appends JSON to the job's log (P22). @throws QueueError `STALE` when the lease is lost. */
  log(this: void, value: unknown): Promise<void>;
  /** When the handler returns, the job goes back, uncharged, and is due again after this time. */
  snooze(this: void, delay: Duration): void;
  /** Adds a job in the very step that completes this one: both happen or neither does (P13a). */
  spawn<S extends TypeOf<C>>(
    this: void,
    type: S,
    payload: PayloadInput<C, S>,
    options?: AddOptions<Payload<C, S>>,
  ): void;
  /**
   * When the handler returns, completes the job and adds these in the same step: they take its place. An empty list just
   * completes it. What depends on this job goes on when it completes, and does not wait for them.
   */
  replaceWith(this: void, jobs: readonly AddRequest<C>[]): void;
  /** The jobs that this one depends on, in order, with their results (P20); name their types to have them typed. */
  dependencies<S extends TypeOf<C> = TypeOf<C>>(this: void): Promise<Dependency<C, S>[]>;
  /**
   * Completes the job inside your own transaction, so that your rows and the completion are committed together (S48).
   * @throws QueueError `STALE` when the lease is lost: let the transaction roll back.
   */
  complete(this: void, result: ResultInput<C, T>, at: { readonly tx: Tx }): Promise<void>;
}

/** What a context knows of the types of jobs. */
export interface ContextRules {
  /** Builds spawned jobs, checked against the catalogue. */
  readonly build: (type: string, payload: unknown, options?: AddOptions) => JobInput;
  /** The same for a list of them. */
  readonly buildAll: (jobs: unknown) => JobInput[];
  /** Checks a result against the schema of its type. */
  readonly checkResult: (type: string, result: unknown) => unknown;
}

/**
 * One attempt at a job: what its handler asked for on the way. The getters bind, so that `async (job, { log }) => …`
 * works; a handler that uses none of them pays nothing.
 */
export class JobContext implements Context<Catalog, string, never> {
  readonly #store: Pick<Store, "cas" | "append" | "get">;
  readonly #held: HeldJob;
  readonly #rules: ContextRules;
  /** Milliseconds, if the handler asked to be called again later. */
  snoozed: number | undefined;
  /** What the handler completed the job with itself, in its own transaction. */
  completed: { readonly result: unknown } | undefined;
  /** The handler has returned, thrown, or was given up. */
  ended = false;
  /** What to add when the job completes. */
  spawned: JobInput[] | undefined;

  constructor(store: Pick<Store, "cas" | "append" | "get">, held: HeldJob, rules: ContextRules) {
    this.#store = store;
    this.#held = held;
    this.#rules = rules;
  }

  get signal(): AbortSignal {
    return this.#held.signal;
  }

  get scheduledFor(): number | undefined {
    return scheduledFor(this.#held.job);
  }

  get progress(): Context["progress"] {
    return (value) =>
      heard(async () => {
        const { id, token } = this.#held.job;
        const progress = checkJson(value, "progress").value;
        const [outcome] = await this.#store.cas([{ id, expect: { token }, set: { progress } }]);
        if (outcome?.status !== "ok") throw this.#lost();
        if (outcome.cancelRequested) this.#held.requestCancel();
      });
  }

  get log(): Context["log"] {
    return (value) =>
      heard(async () => {
        const { id, token } = this.#held.job;
        const event = checkJson(value, "event").value;
        const [outcome] = await this.#store.append([{ id, event, token }]);
        if (outcome?.status !== "ok") throw this.#lost();
      });
  }

  get snooze(): Context["snooze"] {
    return (delay) => {
      this.#assertRunning();
      if (this.spawned !== undefined) throw this.#notBoth();
      this.snoozed = parseDuration(delay, "delay");
    };
  }

  get spawn(): Context<Catalog, string, never>["spawn"] {
    return (type, payload, options) => {
      this.#assertCompletes();
      (this.spawned ??= []).push(this.#rules.build(type, payload, options));
    };
  }

  get replaceWith(): Context<Catalog, string, never>["replaceWith"] {
    return (jobs) => {
      this.#assertCompletes();
      (this.spawned ??= []).push(...this.#rules.buildAll(jobs));
    };
  }

  get dependencies(): Context<Catalog, string, never>["dependencies"] {
    return () => {
      const found = dependenciesOf(this.#store, this.#held.job);
      // A handler may leave it unheard; it must not end the process then.
      found.catch(() => undefined);
      return found as Promise<never>;
    };
  }

  get complete(): (result: unknown, at: At<never>) => Promise<void> {
    return (result, at) =>
      heard(async () => {
        const { id, token, type } = this.#held.job;
        const checked = this.#rules.checkResult(type, result);
        const set = checked === undefined ? { state: "completed" } : { state: "completed", result: checked as never };
        const spawn = this.spawned && { spawn: this.spawned };
        const [outcome] = await this.#store.cas([{ id, expect: { token }, set, ...spawn }], at);
        if (outcome?.status !== "ok") throw this.#lost();
        this.completed = { result: checked };
      });
  }

  /** What is asked for now has to happen when the job completes. */
  #assertCompletes(): void {
    this.#assertRunning();
    if (this.snoozed !== undefined) throw this.#notBoth();
  }

  #notBoth(): QueueError {
    return new QueueError(
      "INVALID",
      `Job ${this.#held.job.id} cannot both be called again later and add others: they are added when it completes. Use \`snooze\` or \`spawn\`.`,
    );
  }

  #assertRunning(): void {
    if (this.completed !== undefined) {
      throw new QueueError(
        "INVALID",
        `Job ${this.#held.job.id} is completed already; ask for whatever else is to happen before \`ctx.complete\`.`,
      );
    }
    if (!this.ended) return;
    throw new QueueError("STALE", `The attempt at job ${this.#held.job.id} is over; its handler cannot ask for more.`);
  }

  #lost(): QueueError {
    const { id } = this.#held.job;
    this.#held.interrupt("LEASE_LOST", `Job ${id} is no longer held by this worker.`);
    return new QueueError("STALE", `Job ${id} is no longer held by this worker; stop working on it.`);
  }
}

/** Runs a call whose failure a handler may leave unheard; it must not end the process then. */
function heard(call: () => Promise<void>): Promise<void> {
  const promise = call();
  promise.catch(() => undefined);
  return promise;
}
