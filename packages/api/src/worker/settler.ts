import type { CasOutcome } from "../contract/change.ts";
import { isQueueError } from "../errors.ts";
import { afterDuplicate, afterFailure, type FailurePolicy } from "../policy/failure.ts";
import type { ChangeInput } from "../store/change-input.ts";
import type { Store } from "../store/store.ts";
import { spawnsUnhindered } from "../store/unhindered.ts";
import type { HeldJob } from "./held-job.ts";
import type { Ending } from "./runner.ts";

/** An attempt that has ended and is to be told to the store. */
export interface Settling {
  readonly held: HeldJob;
  readonly ending: Ending;
}

/** How a settler is set up. */
export interface SettlerOptions {
  readonly store: Pick<Store, "cas" | "now">;
  readonly policy: FailurePolicy;
  /** Told when the store has decided; `lost` when the job was not this worker's any more, or could not be settled. */
  readonly onSettled: (settling: Settling, lost: boolean) => void;
  readonly onError: (error: unknown) => void;
}

const BATCH = 1000;
/** Milliseconds before a settlement is sent again to a store that was unavailable, the first time and at most. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1000;
/** The codes of what a result or a spawned job is refused with. */
const REFUSALS = ["INVALID", "TOO_LARGE", "UNSUPPORTED"];

/** Tells the store how attempts ended, those of one turn of the event loop together, and while one call is on its way those after it. */
export class Settler {
  readonly #options: SettlerOptions;
  #waiting: Settling[] = [];
  #busy = false;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  add(settling: Settling): void {
    this.#waiting.push(settling);
    if (!this.#busy) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.length <= BATCH ? this.#waiting : this.#waiting.slice(0, BATCH);
      this.#waiting = this.#waiting.length <= BATCH ? [] : this.#waiting.slice(BATCH);
      // One that waits for a stranger's transaction must not hold up the others.
      for (const each of batch) if (!spawnsUnhindered(each.ending)) void this.#settle([each]);
      const others = batch.filter(({ ending }) => spawnsUnhindered(ending));
      if (others.length > 0) await this.#settle(others);
    }
    this.#busy = false;
  }

  /** May be repeated while the leases live: their tokens let each change happen once at most. */
  async #settle(batch: readonly Settling[], pause = FIRST_PAUSE): Promise<void> {
    try {
      const outcomes = await this.#options.store.cas(batch.map(changeOf));
      const doubles: Settling[] = [];
      outcomes.forEach((outcome, i) => {
        const settling = batch[i];
        if (settling === undefined) return;
        if (outcome.status === "duplicate") doubles.push(withoutKey(settling));
        else this.#options.onSettled(settling, !isSettled(settling, outcome));
      });
      if (doubles.length > 0) await this.#settle(doubles);
    } catch (error) {
      await this.#recover(batch, error, pause);
    }
  }

  async #recover(batch: readonly Settling[], error: unknown, pause: number): Promise<void> {
    if (isQueueError(error, "UNAVAILABLE") && performance.now() + pause <= lastDeadline(batch)) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      return this.#settle(batch, Math.min(2 * pause, LONGEST_PAUSE));
    }
    // What the store itself throws is a QueueError; anything else comes from a value, such as a getter that throws.
    const refused = !isQueueError(error) || REFUSALS.some((code) => error.code === code);
    const [settling] = batch;
    if (refused && batch.length > 1) {
      // One of them cannot be stored; it must not take the others with it.
      for (const each of batch) await this.#settle([each]);
    } else if (refused && settling?.ending.kind === "completed") {
      // Its result or a spawned job cannot be stored, so the attempt has failed after all.
      const { store, policy } = this.#options;
      const settlement = afterFailure(settling.held.job, error, store.now(), policy);
      await this.#settle([{ held: settling.held, ending: { kind: "failed", settlement, error } }]);
    } else {
      this.#options.onError(error);
      for (const each of batch) this.#options.onSettled(each, true);
    }
  }
}

/** Until when the lease of one of them may live, by the monotonic clock. */
function lastDeadline(batch: readonly Settling[]): number {
  return Math.max(...batch.map(({ held }) => held.deadline));
}

/** How an attempt ends whose job cannot go back with its unique key, which another one has by now (P17). */
function withoutKey({ held, ending }: Settling): Settling {
  const settlement = afterDuplicate(ending.settlement ?? { expect: { token: held.job.token }, set: {} });
  return { held, ending: { ...ending, settlement } };
}

/** A settlement whose reply was lost is found done when it is sent again: the lease is over, but no other came after it. */
function isSettled({ held, ending }: Settling, outcome: CasOutcome): boolean {
  if (outcome.status === "ok") return true;
  return (
    outcome.status === "stale" && outcome.token === held.job.token && outcome.state === ending.settlement?.set.state
  );
}

function changeOf({ held, ending }: Settling): ChangeInput {
  const { expect, set } = ending.settlement ?? { expect: { token: held.job.token }, set: {} };
  const change = { id: held.job.id, expect, set };
  return ending.spawn === undefined ? change : { ...change, spawn: ending.spawn };
}
