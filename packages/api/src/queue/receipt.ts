import type { CasOutcome, Settings } from "../contract/change.ts";
import type { AppendOutcome } from "../contract/event.ts";
import type { Job } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import { afterDuplicate, afterFailure, afterHandBack, type FailurePolicy, type Settlement } from "../policy/failure.ts";
import type { Store } from "../store/store.ts";
import type { JobTypes } from "./job-types.ts";

/** What a receipt goes by. */
interface ReceiptRules {
  readonly policy: FailurePolicy;
  readonly types: Pick<JobTypes, "checkResult">;
}

/** A job that was received by hand, and what can be done with it. Each answers `stale` once the lease is lost (P13). */
export class Receipt {
  readonly job: Job;
  readonly #store: Pick<Store, "cas" | "append" | "now">;
  readonly #rules: ReceiptRules;

  constructor(store: Pick<Store, "cas" | "append" | "now">, job: Job, rules: ReceiptRules) {
    this.#store = store;
    this.job = job;
    this.#rules = rules;
  }

  /** Completes the job. The first result stays (P14). @throws QueueError `INVALID` when its type has no such result. */
  async complete(result?: Json): Promise<CasOutcome> {
    const checked = this.#rules.types.checkResult(this.job.type, result) as Json | undefined;
    return this.#set(checked === undefined ? { state: "completed" } : { state: "completed", result: checked });
  }

  /** Records a failed attempt: the job is tried again after its backoff, or is `failed` when its attempts are used up. */
  fail(error: unknown): Promise<CasOutcome> {
    return this.#giveUp(afterFailure(this.job, error, this.#store.now(), this.#rules.policy));
  }

  /** Gives the job back uncharged, in its old place or due after a delay. */
  release(delay?: Duration): Promise<CasOutcome> {
    return this.#giveUp(afterHandBack(this.job, delay === undefined ? undefined : parseDuration(delay, "delay")));
  }

  /** Gives the job back uncharged, at the end of the order. */
  requeue(delay?: Duration): Promise<CasOutcome> {
    const delayMs = delay === undefined ? 0 : parseDuration(delay, "delay");
    const { expect, set } = afterHandBack(this.job, delayMs);
    return this.#giveUp({ expect, set: { ...set, requeue: true } });
  }

  /** Stores JSON with the job that others can read. */
  progress(value: Json): Promise<CasOutcome> {
    return this.#set({ progress: value });
  }

  /** Appends JSON to the job's log (P22). */
  async log(value: Json): Promise<AppendOutcome> {
    const { id, token } = this.job;
    const [outcome] = await this.#store.append([{ id, event: value, token }]);
    return outcome ?? { status: "missing" };
  }

  /** Prolongs the lease; its outcome tells whether the job was asked to stop. */
  renew(lease: Duration): Promise<CasOutcome> {
    return this.#set({ leaseMs: parseDuration(lease, "lease") });
  }

  /** If another job has its unique key by now, it goes back without it, as it does in a worker (P17). */
  async #giveUp(settlement: Settlement): Promise<CasOutcome> {
    const outcome = await this.#set(settlement.set);
    return outcome.status === "duplicate" ? this.#set(afterDuplicate(settlement).set) : outcome;
  }

  async #set(set: Settings): Promise<CasOutcome> {
    const [outcome] = await this.#store.cas([{ id: this.job.id, expect: { token: this.job.token }, set }]);
    return outcome ?? { status: "missing" };
  }
}
