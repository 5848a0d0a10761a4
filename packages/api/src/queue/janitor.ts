import { isTerminal } from "../contract/names.ts";
import type { Store } from "../store/store.ts";
import { removal } from "../policy/retention.ts";

/** The reserved job whose lease says which process prunes. */
const ID = "$system:retention";
const LANE = "$system";
const RESTING = "$resting";
const PRUNING = "$pruning";
const PERIOD_MS = 60_000;
const LEASE_MS = 60_000;
/** Jobs removed per call; between calls everybody else has their turn. */
const BATCH = 1000;
const CALLS_PER_LANE = 20;
const NO_BACKOFF = { type: "fixed", delayMs: 0 } as const;

/** What the janitor needs of a store. */
type Prunable = Pick<Store, "insert" | "poll" | "cas" | "lanes" | "remove" | "rescue">;

/** How the janitor is set up. */
export interface JanitorOptions {
  readonly holder: string;
  readonly onError: (error: unknown) => void;
}

/**
 * Removes finished jobs when they have been kept long enough (P26): bounded, in the background, and in one process at a
 * time, because whoever prunes holds the lease of a reserved job.
 */
export class Janitor {
  readonly #store: Prunable;
  readonly #options: JanitorOptions;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #stopped = false;

  constructor(store: Prunable, options: JanitorOptions) {
    this.#store = store;
    this.#options = options;
  }

  start(): void {
    this.#schedule(PERIOD_MS * Math.random());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  /** Prunes if it is time and no other process does. Answers how many jobs went. */
  async tidy(): Promise<number> {
    const [turned] = await this.#store.insert([
      { id: ID, type: "$retention", payload: null, state: RESTING, maxAttempts: 1_000_000, backoff: NO_BACKOFF },
    ]);
    if (turned?.status === "existing" && isTerminal(turned.job.state)) {
      // Somebody cancelled it; retention is switched off by lane settings or options, not so.
      await this.#store.cas([{ id: ID, expect: { version: turned.job.version }, set: { state: RESTING } }]);
    }
    // If the process that pruned last died over it, nobody else polls this lane and would settle its job.
    await this.#store.rescue({ lanes: [LANE], limit: 1 });
    const lease = { ms: LEASE_MS, holder: this.#options.holder };
    const poll = { lanes: [LANE], from: RESTING, to: PRUNING, limit: 1, lease };
    const { jobs } = await this.#store.poll(poll);
    const [turn] = jobs;
    if (!turn) return 0;
    const removed = await this.#prune(turn.token);
    await this.#store.cas([
      { id: ID, expect: { token: turn.token }, set: { state: RESTING, delayMs: PERIOD_MS / 2, attempt: 0 } },
    ]);
    return removed;
  }

  async #prune(token: number): Promise<number> {
    let removed = 0;
    for (const { lane, settings } of await this.#store.lanes()) {
      const query = removal(lane, settings.keep, BATCH);
      for (let call = 0; call < CALLS_PER_LANE && !this.#stopped; call++) {
        const count = await this.#store.remove(query);
        removed += count;
        if (count < BATCH) break;
      }
      const [still] = await this.#store.cas([{ id: ID, expect: { token }, set: { leaseMs: LEASE_MS } }]);
      if (still?.status !== "ok" || this.#stopped) break;
    }
    return removed;
  }

  #schedule(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#round = this.tidy()
        .then(() => undefined, this.#options.onError)
        .finally(() => this.#schedule(PERIOD_MS * (0.75 + Math.random() / 2)));
    }, ms).unref();
  }
}
