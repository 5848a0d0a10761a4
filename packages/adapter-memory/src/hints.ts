import { isTerminal } from "@anyqueue/api";
import type { Hint, Unsubscribe } from "@anyqueue/api";
import type { Sealed } from "./entry.ts";

/** Wakes those who wait, soon after the call that changed something, each lane and job once (P24). */
export class Hints {
  readonly #subscribers = new Set<{ readonly wake: (hint: Hint) => void }>();
  readonly #lanes = new Set<string>();
  readonly #jobs = new Set<string>();

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
    if (isTerminal(state)) this.#remember(this.#jobs, id);
    else this.#remember(this.#lanes, lane);
  }

  /** Remembers that a lane may have jobs that can be had, for instance because it is paused no more. */
  lane(name: string): void {
    this.#remember(this.#lanes, name);
  }

  #remember(names: Set<string>, name: string): void {
    if (this.#subscribers.size === 0) return;
    if (this.#lanes.size + this.#jobs.size === 0) void this.#deliver();
    names.add(name);
  }

  async #deliver(): Promise<void> {
    await Promise.resolve();
    const lanes = [...this.#lanes];
    const jobs = [...this.#jobs];
    this.#lanes.clear();
    this.#jobs.clear();
    for (const { wake } of this.#subscribers) {
      for (const lane of lanes) give(wake, { lane });
      for (const job of jobs) give(wake, { job });
    }
  }
}

function give(wake: (hint: Hint) => void, hint: Hint): void {
  try {
    wake(hint);
  } catch {
    // A hint is only a hint: who cannot take it finds the job by polling, and the others still get theirs.
  }
}
