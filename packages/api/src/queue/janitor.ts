import { setImmediate as nextTurn } from "node:timers/promises";
import { isTerminal } from "../contract/names.ts";
import type { RemoveQuery } from "../contract/query.ts";
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
/** Calls for one lane before the next lane has its turn. */
const CALLS_PER_TURN = 20;
/** How long a round may take; what is left then is left to the next one, which begins at once. */
const ROUND_MS = 20_000;
const PAUSE_MS = 1000;
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
  /** The last round has left something. */
  #isBehind = false;

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
    const delayMs = this.#isBehind ? 0 : PERIOD_MS / 2;
    await this.#store.cas([{ id: ID, expect: { token: turn.token }, set: { state: RESTING, delayMs, attempt: 0 } }]);
    return removed;
  }

  /** Lane by lane, until nothing is left, or the round has taken long enough: the pace is bounded, not the amount. */
  async #prune(token: number): Promise<number> {
    const end = performance.now() + ROUND_MS;
    let removed = 0;
    let queries = (await this.#store.lanes()).map(({ lane, settings }) => removal(lane, settings.keep, BATCH));
    this.#isBehind = false;
    while (queries.length > 0) {
      const unfinished: RemoveQuery[] = [];
      for (const query of queries) {
        let count = BATCH;
        for (let call = 0; call < CALLS_PER_TURN && count >= BATCH && !this.#stopped; call++) {
          count = await this.#store.remove(query);
          removed += count;
          await nextTurn();
        }
        if (count >= BATCH) unfinished.push(query);
        const [still] = await this.#store.cas([{ id: ID, expect: { token }, set: { leaseMs: LEASE_MS } }]);
        if (still?.status !== "ok" || this.#stopped) return removed;
        this.#isBehind = performance.now() > end;
        if (this.#isBehind) return removed;
      }
      queries = unfinished;
    }
    return removed;
  }

  #schedule(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#round = this.tidy()
        .then(() => undefined, this.#options.onError)
        .finally(() => this.#schedule(this.#isBehind ? PAUSE_MS : PERIOD_MS * (0.75 + Math.random() / 2)));
    }, ms).unref();
  }
}
