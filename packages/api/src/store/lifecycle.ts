import type { Adapter } from "../contract/adapter.ts";
import { isQueueError, QueueError } from "../errors.ts";
import type { CallReport } from "./store.ts";

/** Knows open from closed, counts the calls in flight, and turns what an adapter throws into `QueueError`s (P25). */
export class Lifecycle {
  readonly #adapter: Adapter<never>;
  readonly #observe: ((report: CallReport) => void) | undefined;
  #state: "new" | "open" | "closed" = "new";
  #gone = false;
  #inFlight = 0;
  /** Also an adapter that failed to open may have something to close. */
  #wasOpened = false;
  #onIdle: (() => void) | undefined;
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(adapter: Pick<Adapter<never>, "name" | "open" | "close">, observe?: (report: CallReport) => void) {
    this.#adapter = adapter as Adapter<never>;
    this.#observe = observe;
  }

  open(): Promise<void> {
    if (this.#state === "closed") return Promise.reject(this.#closedError("open"));
    this.#wasOpened = true;
    this.#opening ??= this.track("open", () => this.#adapter.open()).then(
      () => {
        if (this.#state === "new") this.#state = "open";
      },
      (error: unknown) => {
        // What kept it from opening may be mended, and then it can be called again.
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close().catch((error: unknown) => {
      // Called again, it tries again: a snapshot that found no room may find some then.
      this.#closing = undefined;
      throw error;
    });
    return this.#closing;
  }

  assertOpen(verb: string): void {
    if (this.#state === "open") return;
    if (this.#state === "closed") throw this.#closedError(verb);
    throw new QueueError(
      "CLOSED",
      `Cannot ${verb}: the ${this.#adapter.name} store is not open yet. Await open() first.`,
    );
  }

  /** Waits between two tries of the same call, which `close` waits for as for the call itself. */
  async pause(ms: number): Promise<void> {
    this.#inFlight++;
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#inFlight--;
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  /** Runs one call to the adapter, which has to answer as many outcomes as `expected`; `close` waits for it. */
  async track<T>(verb: string, call: () => Promise<T>, expected?: number): Promise<T> {
    if (this.#gone) throw this.#closedError(verb);
    const started = this.#observe && performance.now();
    this.#inFlight++;
    try {
      const answer = await call();
      if (expected !== undefined) this.#checkCount(answer, verb, expected);
      if (started !== undefined) this.#report(verb, started);
      return answer;
    } catch (thrown) {
      const error = this.#wrap(verb, thrown);
      if (started !== undefined) this.#report(verb, started, error);
      throw error;
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) this.#onIdle?.();
    }
  }

  async #close(): Promise<void> {
    this.#state = "closed";
    if (!this.#wasOpened) return;
    await this.#opening?.catch(() => undefined);
    for (;;) {
      // Calls that a merger has gathered count as in flight only when it sends them, a few microtasks later.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#inFlight === 0) break;
      await new Promise<void>((resolve) => (this.#onIdle = resolve));
    }
    await this.track("close", () => this.#adapter.close());
    this.#gone = true;
  }

  #checkCount(answer: unknown, verb: string, expected: number): void {
    const count = Array.isArray(answer) ? answer.length : "no list of";
    if (count === expected) return;
    throw new QueueError(
      "CORRUPT",
      `The ${this.#adapter.name} adapter answered ${count} outcomes to a ${verb} of ${expected}. This is a defect of the adapter.`,
    );
  }

  #report(verb: string, started: number, error?: QueueError): void {
    try {
      this.#observe?.({
        adapter: this.#adapter.name,
        verb,
        duration: performance.now() - started,
        ...(error && { error }),
      });
    } catch {
      // A broken observer must not change what a call comes to.
    }
  }

  #wrap(verb: string, thrown: unknown): QueueError {
    if (isQueueError(thrown)) return thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return new QueueError("UNAVAILABLE", `The ${this.#adapter.name} store failed to ${verb}: ${reason}`, {
      cause: thrown,
    });
  }

  #closedError(verb: string): QueueError {
    return new QueueError("CLOSED", `Cannot ${verb}: the ${this.#adapter.name} store is closed. Open a new queue.`);
  }
}
