import type { Hint, Unsubscribe } from "../contract/adapter.ts";
import type { Store } from "../store/store.ts";
import { warn } from "../warn.ts";

/** Passes the store's hints on to everything in this process that waits for one, over a single subscription. */
export class Wakeups {
  readonly #store: Pick<Store, "subscribe">;
  readonly #listeners = new Set<(hint: Hint) => void>();
  #subscription: Promise<Unsubscribe> | undefined;

  constructor(store: Pick<Store, "subscribe">) {
    this.#store = store;
  }

  /** Resolves when hints are heard. A store that cannot be subscribed to is polled all the same (P24). */
  async listen(listener: (hint: Hint) => void): Promise<Unsubscribe> {
    this.#listeners.add(listener);
    this.#subscription ??= this.#store.subscribe((hint) => this.tell(hint));
    try {
      await this.#subscription;
    } catch {
      this.#subscription = undefined;
    }
    return () => this.#forget(listener);
  }

  /** Wakes everything that listens. */
  tell(hint: Hint): void {
    for (const each of this.#listeners) tell(each, hint);
  }

  /** Hears the store no more. */
  close(): Promise<void> {
    return this.#end();
  }

  #forget(listener: (hint: Hint) => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) void this.#end();
  }

  async #end(): Promise<void> {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    try {
      (await subscription)?.();
    } catch {
      // It never began.
    }
  }
}

function tell(listener: (hint: Hint) => void, hint: Hint): void {
  try {
    listener(hint);
  } catch (error) {
    // One listener's trouble must not keep the hint from the others.
    warn(error);
  }
}
