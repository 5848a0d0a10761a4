import type { Adapter } from "../contract/adapter.ts";
import type { CasOutcome, Change } from "../contract/change.ts";
import type { At, InsertOutcome } from "../contract/insert.ts";
import type { NewJob } from "../contract/job.ts";
import { MAX_BATCH } from "../check/schemas.ts";
import { isQueueError } from "../errors.ts";
import { isRenewal } from "../semantics/decide.ts";
import { MAX_BATCH_BYTES } from "./bounds.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { Merger, type Route } from "./merger.ts";
import { resend } from "./resend.ts";
import { isUnhindered, spawnsUnhindered } from "./unhindered.ts";

const BOUNDS = { items: MAX_BATCH, bytes: MAX_BATCH_BYTES };

/**
 * Sends checked inserts and changes to the adapter: calls in flight together, and an insert whose reply was lost once
 * more. What may have to wait for a stranger's transaction goes by itself.
 */
export class Sender<Tx> {
  readonly #adapter: Adapter<Tx>;
  readonly #life: Lifecycle;
  readonly #inserts: Merger<NewJob, InsertOutcome>;
  readonly #namedInserts: Merger<NewJob, InsertOutcome>;
  readonly #changes: Merger<Change, CasOutcome>;
  /** By themselves, so that no heartbeat waits for a change that waits for somebody else. */
  readonly #renewals: Merger<Change, CasOutcome>;
  /** Jobs whose id the caller gave. */
  readonly #named = new WeakSet<NewJob>();

  constructor(adapter: Adapter<Tx>, life: Lifecycle) {
    this.#adapter = adapter;
    this.#life = life;
    const inserting = { bounds: BOUNDS, mayResend: (error: unknown): boolean => !isQueueError(error, "UNAVAILABLE") };
    this.#inserts = new Merger({ ...inserting, send: (jobs) => this.#insert(jobs, undefined) });
    this.#namedInserts = new Merger({ ...inserting, send: (jobs) => this.#insert(jobs, { maybeStored: true }) });
    const changing: Route<Change, CasOutcome> = {
      bounds: BOUNDS,
      // A call that is refused has changed nothing, and what is wrong with one of them must not be the others' trouble.
      mayResend: (error) => isQueueError(error, "INVALID"),
      send: (changes) => this.#cas(changes, undefined),
      keyOf: (change) => change.id,
    };
    this.#changes = new Merger(changing);
    this.#renewals = new Merger(changing);
  }

  /** Stores jobs, of which these have an id that the caller gave, and may be there already. */
  insert(
    jobs: readonly NewJob[],
    named: readonly NewJob[],
    bytes: number,
    at: At<Tx> | undefined,
  ): Promise<InsertOutcome[]> {
    for (const job of named) this.#named.add(job);
    const maybeStored = named.length > 0 || at?.maybeStored === true;
    if ((at === undefined || onlyMaybeStored(at)) && jobs.every(isUnhindered)) {
      return (maybeStored ? this.#namedInserts : this.#inserts).add(jobs, bytes) as Promise<InsertOutcome[]>;
    }
    return this.#insert(jobs, maybeStored ? { ...at, maybeStored } : at);
  }

  /** Applies changes of jobs that are all different. */
  change(changes: readonly Change[], bytes: number, at: At<Tx> | undefined): Promise<CasOutcome[]> {
    if (at !== undefined || !changes.every(spawnsUnhindered)) return this.#cas(changes, at);
    const merger = changes.every(isRenewal) ? this.#renewals : this.#changes;
    return merger.add(changes, bytes) as Promise<CasOutcome[]>;
  }

  #insert(jobs: readonly NewJob[], at: At<Tx> | undefined): Promise<InsertOutcome[]> {
    return this.#insertOnce(jobs, at).catch((error: unknown) => {
      if (at?.tx !== undefined || !isQueueError(error, "UNAVAILABLE")) throw error;
      return resend(() => this.#insertOnce(jobs, { ...at, maybeStored: true }), error, jobs, {
        isNamed: (job) => this.#named.has(job),
        pause: (ms) => this.#life.pause(ms),
        allOrNone: at?.allOrNone === true,
      });
    });
  }

  #insertOnce(jobs: readonly NewJob[], at: At<Tx> | undefined): Promise<InsertOutcome[]> {
    return this.#life.track("insert", () => this.#adapter.insert(jobs, at), jobs.length);
  }

  #cas(changes: readonly Change[], at: At<Tx> | undefined): Promise<CasOutcome[]> {
    return this.#life.track("cas", () => this.#adapter.cas(changes, at), changes.length);
  }
}

function onlyMaybeStored(at: At<unknown>): boolean {
  return at.now === undefined && at.tx === undefined && at.allOrNone !== true;
}
