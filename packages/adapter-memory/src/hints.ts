import { isTerminal } from "@anyqueue/api";
import type { Hint, Unsubscribe } from "@anyqueue/api";
import type { Sealed } from "./entry.ts";

/** Wakes those who wait, soon after the call that changed something, each lane and job once (P24). */
export class Hints {
  readonly #subscribers = new Set<{ readonly wake: (hint: Hint) => void }>();
  readonly #lanes = new Set<string>();
  #jobs: string[] = [];

  subscribe(wake: (hint: Hint) => void): Unsubscribe {
    const subscriber = { wake };
    this.#subscribers.add(subscriber);
    return () => void this.#subscribers.delete(subscriber);
  }

  unsubscribeAll(): void {
    this.#subscribers.clear();
  }

  /** Remembers what a changed job means to others. */
  about({ id, lane, state, lease }: Sealed): void {
    if (lease || state === "blocked") return;
    if (!isTerminal(state)) this.lane(lane);
    else if (this.#isHeard()) this.#jobs.push(id);
  }

  /** Remembers that a lane may have jobs that can be had, for instance because it is paused no more. */
  lane(name: string): void {
    if (this.#isHeard()) this.#lanes.add(name);
  }

  /** Whether anybody is to be told; then what is remembered now is delivered soon. */
  #isHeard(): boolean {
    if (this.#subscribers.size === 0) return false;
    if (this.#lanes.size + this.#jobs.length === 0) void Promise.resolve().then(this.#deliver);
    return true;
  }

  readonly #deliver = (): void => {
    const lanes = [...this.#lanes];
    const jobs = this.#jobs;
    this.#lanes.clear();
    this.#jobs = [];
    for (const { wake } of this.#subscribers) {
      for (const lane of lanes) give(wake, { lane });
      for (const job of jobs) give(wake, { job });
    }
  };
}

function give(wake: (hint: Hint) => void, hint: Hint): void {
  try {
    wake(hint);
  } catch {
    // A hint is only a hint: who cannot take it finds the job by polling, and the others still get theirs.
  }
}
