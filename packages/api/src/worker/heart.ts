import { LONGEST_TIMER } from "../alarm.ts";
import { MAX_BATCH } from "../check/schemas.ts";
import { isQueueError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import type { HeldJob } from "./held-job.ts";
import { HeldJobs } from "./held-jobs.ts";

/** How a heart is set up. */
export interface HeartOptions {
  readonly leaseMs: number;
  readonly onError: (error: unknown) => void;
  /** Called now and then, for whatever else has to be looked after. */
  readonly onBeat: () => void;
}

/**
 * Keeps the leases of all held jobs alive, in one call for all of them, and learns so which were asked to stop (P21).
 * Where it cannot renew, it aborts a job's signal before the lease can end, so that no second holder works beside it.
 */
export class Heart {
  readonly #store: Pick<Store, "cas">;
  readonly #options: HeartOptions;
  readonly #held = new HeldJobs("placeInHeart");
  readonly #timer: NodeJS.Timeout;
  #beats = 0;
  #renewing = false;

  constructor(store: Pick<Store, "cas">, options: HeartOptions) {
    this.#store = store;
    this.#options = options;
    // Four beats to a renewal, three renewals to a lease.
    this.#timer = setInterval(
      () => this.#beat(),
      Math.min(Math.max(5, Math.floor(options.leaseMs / 12)), LONGEST_TIMER),
    );
  }

  hold(held: HeldJob): void {
    this.#held.add(held);
  }

  release(held: HeldJob): void {
    this.#held.delete(held);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    this.#fence();
    this.#options.onBeat();
    if (this.#beats++ % 4 === 3) void this.#renew();
  }

  #fence(): void {
    const limit = performance.now() + this.#options.leaseMs / 6;
    for (const held of this.#held.list()) {
      if (held.deadline <= limit)
        held.interrupt("LEASE_LOST", `The lease of job ${held.job.id} could not be renewed in time.`);
    }
  }

  async #renew(): Promise<void> {
    const due = this.#held.list().filter((held) => held.interruption?.code !== "LEASE_LOST");
    if (this.#renewing || due.length === 0) return;
    this.#renewing = true;
    try {
      for (let start = 0; start < due.length; start += MAX_BATCH) {
        await this.#renewSome(due.slice(start, start + MAX_BATCH));
      }
    } catch (error) {
      if (!isQueueError(error, "CLOSED")) this.#options.onError(error);
    } finally {
      this.#renewing = false;
    }
  }

  async #renewSome(due: readonly HeldJob[]): Promise<void> {
    const { leaseMs } = this.#options;
    const sentAt = performance.now();
    const changes = due.map(({ job }) => ({ id: job.id, expect: { token: job.token }, set: { leaseMs } }));
    const outcomes = await this.#store.cas(changes);
    outcomes.forEach((outcome, i) => {
      const held = due[i];
      if (!held || !this.#held.has(held)) return;
      if (outcome.status !== "ok") {
        held.interrupt("LEASE_LOST", `Job ${held.job.id} is ${outcome.status}: somebody else decides about it now.`);
        return;
      }
      held.deadline = sentAt + leaseMs;
      if (outcome.cancelRequested) held.requestCancel();
    });
  }
}
