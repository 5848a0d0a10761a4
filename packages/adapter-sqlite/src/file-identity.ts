import { statSync } from "node:fs";
import { QueueError } from "@anyqueue/api";

/** How long a look at the file system counts, in milliseconds. */
const PERIOD_MS = 100;

/**
 * Notices that the path names another file, or none, than the one that is open. Writing goes on working then, into a file
 * that nobody will ever find again, so what is acknowledged would be lost (P1).
 */
export class FileIdentity {
  readonly #path: string;
  readonly #identity: string | undefined;
  #lookedAt = performance.now();

  constructor(path: string) {
    this.#path = path;
    this.#identity = identityOf(path);
  }

  /** Looks now and then. @throws QueueError `UNAVAILABLE` when the file is gone or another one has taken its place. */
  check(): void {
    const now = performance.now();
    if (now - this.#lookedAt < PERIOD_MS) return;
    if (identityOf(this.#path) !== this.#identity) {
      throw new QueueError(
        "UNAVAILABLE",
        `${this.#path} was deleted or replaced while it was open. Nothing of this call was stored; ` +
          "put the file back, or close this queue and open it anew.",
      );
    }
    this.#lookedAt = now;
  }
}

function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}
