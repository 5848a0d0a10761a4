import { type FSWatcher, watch } from "node:fs";

/** Tells when a file is written, as far as the operating system can: never needed, since its owner looks by itself too. */
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

  start(): void {
    try {
      this.#watcher = watch(this.#path, { persistent: false }, this.#ring).on("error", () => this.stop());
    } catch {
      this.stop();
    }
  }

  stop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
