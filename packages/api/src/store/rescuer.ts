import type { Job } from "../contract/job.ts";
import { laneOf } from "../contract/names.ts";
import type { LaneShare, PollRequest, PollResult } from "../contract/poll.ts";
import { afterDuplicate, afterLeaseEnd, type FailurePolicy } from "../policy/failure.ts";
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
/** A poll that leases for longer does not rescue on its way: what it took over would be stuck too long if it died. */
const LONGEST_SHARED_LEASE_MS = 60_000;
/** So many sets of lanes are told apart; a caller may make up ever new ones. */
const MOST_KEYS = 1000;

/** The lanes that a poll looks at. */
type Lanes = Pick<PollRequest, "lanes" | "ids">;

/** Settles jobs whose holder did not: no reaper process is needed, every polling process does it now and then (P15). */
export class Rescuer {
  readonly #store: Pick<Store, "poll" | "cas" | "now">;
  readonly #policy: FailurePolicy;
  /** When it is time again, for each set of lanes: workers of one process may serve different ones. */
  readonly #next = new Map<string, number>();

  constructor(store: Pick<Store<never>, "poll" | "cas" | "now">, policy: FailurePolicy) {
    this.#store = store;
    this.#policy = policy;
  }

  /** About once a second for the same lanes; jitter keeps many processes from doing it together. */
  isDue(request: Lanes): boolean {
    const now = performance.now();
    const key = keyOf(request);
    if (now < (this.#next.get(key) ?? 0)) return false;
    if (this.#next.size >= MOST_KEYS) this.#next.clear();
    this.#next.set(key, now + PERIOD * (0.75 + Math.random() / 2));
    return true;
  }

  /** Lets a poll take over ended leases on its way, and settles them before it answers. */
  async pollAndRescue(request: PollRequest, poll: (request: PollRequest) => Promise<PollResult>): Promise<PollResult> {
    if (!request.lease || request.lease.ms > LONGEST_SHARED_LEASE_MS) {
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
    if (result.expired.length === BATCH) this.#next.delete(keyOf(request));
    // What was settled may be due already: who found nothing else looks again, others had better do so.
    return result.jobs.length === 0 ? poll(request) : { ...result, expired: [], nextDueAt: result.now };
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
    const at = now === undefined ? undefined : { now };
    const time = now ?? this.#store.now();
    const changes = expired.map((job) => ({ id: job.id, ...afterLeaseEnd(job, time, this.#policy) }));
    const outcomes = await this.#store.cas(changes, at);
    // Another job has their unique key by now.
    const doubles = changes.filter((_, i) => outcomes[i]?.status === "duplicate");
    if (doubles.length > 0) {
      const freed = doubles.map((change) => ({ id: change.id, ...afterDuplicate(change) }));
      outcomes.push(...(await this.#store.cas(freed, at)));
    }
    return outcomes.filter((outcome) => outcome.status === "ok").length;
  }
}

/** The same for the same lanes, in whatever order and with whatever shares. */
function keyOf({ lanes, ids }: Lanes): string {
  const names = ids?.map(laneOf) ?? lanes?.map((share) => (typeof share === "string" ? share : share.lane));
  return names === undefined ? "*" : [...new Set(names)].toSorted().join(" ");
}
