/** What `setTimeout` can count, in milliseconds; longer times would fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** A sleep that can be ended early. A ring while nobody sleeps ends the next sleep at once. */
export class Alarm {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Forgets a ring that came while nobody slept; for one who is about to look anyway. */
  hush(): void {
    this.#rung = false;
  }

  /** Sleeps until rung, or for at most this many milliseconds; the process may end meanwhile if `keepsAlive` is false. */
  sleep(ms: number, { keepsAlive = true }: { readonly keepsAlive?: boolean } = {}): Promise<void> {
    return new Promise((resolve) => {
      if (this.#rung) {
        this.#rung = false;
        return resolve();
      }
      const timer = ms === Infinity ? undefined : setTimeout(() => this.#wake?.(), Math.min(ms, LONGEST_TIMER));
      if (!keepsAlive) timer?.unref();
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        this.#rung = false;
        resolve();
      };
    });
  }
}
