import type { Job } from "../contract/job.ts";
import type { LaneShare, PollRequest, PollResult } from "../contract/poll.ts";
import { afterLeaseEnd, type FailurePolicy } from "../policy/failure.ts";
import type { Store } from "./store.ts";

/** Which jobs to rescue. */
export interface RescueRequest {
  readonly lanes?: readonly LaneShare[];
  /** At most this many. */
  readonly limit: number;
  readonly holder?: string;
  /** Epoch milliseconds, for tests. */
  readonly now?: number;
}

/** How often a store that is polled looks for leases that have ended, in milliseconds. */
const PERIOD = 1000;
const BATCH = 1000;
/** How long a rescuer holds a job that it settles: if it dies on the way, another one takes over after this. */
const LEASE_MS = 10_000;

/** Settles jobs whose holder did not: no reaper process is needed, every polling process does it now and then (P15). */
export class Rescuer {
  readonly #store: Pick<Store, "poll" | "cas">;
  readonly #policy: FailurePolicy;
  #next = 0;

  constructor(store: Pick<Store<never>, "poll" | "cas">, policy: FailurePolicy) {
    this.#store = store;
    this.#policy = policy;
  }

  /** About once a second; jitter keeps many processes from doing it together. */
  isDue(): boolean {
    const now = performance.now();
    if (now < this.#next) return false;
    this.#next = now + PERIOD * (0.75 + Math.random() / 2);
    return true;
  }

  /** Lets a poll take over ended leases on its way, and settles them before it answers. */
  async pollAndRescue(request: PollRequest, poll: (request: PollRequest) => Promise<PollResult>): Promise<PollResult> {
    if (!request.lease) {
      await this.rescue({ ...(request.lanes && { lanes: request.lanes }), limit: BATCH });
      return poll(request);
    }
    const result = await poll({ ...request, expired: BATCH });
    if (result.expired.length === 0) return result;
    try {
      await this.#settle(result.expired, undefined);
    } catch (error) {
      // What was found is leased to the caller, so it has to reach him; what was not settled is taken over once more.
      if (result.jobs.length === 0) throw error;
    }
    if (result.expired.length === BATCH) this.#next = 0;
    // What was settled may be due already, so the caller had better look again.
    return { ...result, expired: [], nextDueAt: Date.now() };
  }

  /** Takes over ended leases and settles them. Tells how many. */
  async rescue({ lanes, limit, holder = "rescuer", now }: RescueRequest): Promise<number> {
    const { expired } = await this.#store.poll({
      ...(lanes && { lanes }),
      limit: 0,
      expired: limit,
      lease: { ms: LEASE_MS, holder },
      ...(now !== undefined && { now }),
    });
    return expired.length === 0 ? 0 : this.#settle(expired, now);
  }

  async #settle(expired: readonly Job[], now: number | undefined): Promise<number> {
    const changes = expired.map((job) => ({ id: job.id, ...afterLeaseEnd(job, now ?? Date.now(), this.#policy) }));
    const outcomes = await this.#store.cas(changes, now === undefined ? undefined : { now });
    return outcomes.filter((outcome) => outcome.status === "ok").length;
  }
}
