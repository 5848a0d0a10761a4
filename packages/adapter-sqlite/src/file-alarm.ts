import { type FSWatcher, watch } from "node:fs";

/**
 * Rings once when a file is written, as far as the operating system can tell: never needed, since its owner looks by
 * itself too. It has to be set again after it rang, because a commit is hundreds of writes: while others drain a queue,
 * to be told of each would take a tenth of the processor's time from them.
 */
export class FileAlarm {
  readonly #path: string;
  readonly #ring: () => void;
  #watcher: FSWatcher | undefined;

  constructor(path: string, ring: () => void) {
    this.#path = path;
    this.#ring = ring;
  }

  /** False where files cannot be watched, for instance because the system's watches are used up. */
  get isSet(): boolean {
    return this.#watcher !== undefined;
  }

  set(): void {
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => {
        this.stop();
        this.#ring();
      }).on("error", () => this.stop());
    } catch {
      this.stop();
    }
  }

  stop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
