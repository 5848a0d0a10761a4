import { setTimeout as sleep } from "node:timers/promises";
import { type Adapter, type Hint, laneOf } from "@anyqueue/api";
import { holds } from "./check.ts";
import { DEADLINE } from "./time.ts";

/** Collects hints, and waits for one within a deadline. */
export class Listener {
  readonly heard: Hint[] = [];
  #awaited: { readonly fits: (hint: Hint) => boolean; readonly done: () => void } | undefined;
  #unsubscribe: () => void = () => {};

  async listen(adapter: Adapter): Promise<this> {
    this.#unsubscribe = await adapter.subscribe((hint) => {
      this.heard.push(hint);
      if (this.#awaited?.fits(hint)) this.#awaited.done();
    });
    return this;
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** Waits until a hint has come that tells of this lane or job; `finished` tells of any job in it, `resync` of everything. */
  async hears(wanted: { readonly lane: string } | { readonly job: string }, broken: string): Promise<void> {
    const fits = (hint: Hint) =>
      "resync" in hint ||
      ("lane" in wanted && "lane" in hint && hint.lane === wanted.lane) ||
      ("job" in wanted && "job" in hint && hint.job === wanted.job) ||
      ("job" in wanted && "finished" in hint && hint.finished === laneOf(wanted.job));
    if (this.heard.some(fits)) return;
    const { promise, resolve } = Promise.withResolvers<true>();
    this.#awaited = { fits, done: () => resolve(true) };
    const ended = new AbortController();
    const deadline = sleep(DEADLINE, false, { signal: ended.signal }).catch(() => false);
    const heard = await Promise.race([promise, deadline]);
    ended.abort();
    this.#awaited = undefined;
    holds(heard, `${broken} Within ${DEADLINE} ms came only ${JSON.stringify(this.heard)}.`);
  }

  /** Forgets what was heard so far. */
  forget(): void {
    this.heard.length = 0;
  }
}

/** Lets everything that an adapter does in the background of a call come to pass, as far as one can without waiting. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}
