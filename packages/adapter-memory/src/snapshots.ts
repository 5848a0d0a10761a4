import { isQueueError, parseDuration, QueueError } from "@anyqueue/api";
import { lockFile } from "./lock-file.ts";
import type { SnapshotOptions } from "./options.ts";
import { discardDraft, readLines, replaceFile } from "./snapshot-file.ts";
import { linesOf, stateOf } from "./snapshot-format.ts";
import { State } from "./state.ts";

/** Loads the state of a store from its file and writes it there from time to time and at the end (S72–S74). */
export class Snapshots {
  readonly #path: string;
  readonly #state: State;
  readonly #unlock: () => Promise<void>;
  readonly #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  /** `State.changes` as the file has it; undefined while there is no file. */
  #written: number | undefined;
  #isFailing = false;

  /** Loads the file, if there is one. One that cannot be read is left as it is, also by `close`. */
  static async open({ path, every = 0 }: SnapshotOptions): Promise<{ state: State; snapshots: Snapshots }> {
    const period = Math.min(parseDuration(every, "snapshot.every"), 2 ** 31 - 1);
    const unlock = await lockFile(path).catch((error: unknown) => refuse(path, "use", error));
    try {
      await discardDraft(path);
      const loaded = await load(path);
      const state = loaded ?? new State();
      return { state, snapshots: new Snapshots(path, period, state, unlock, loaded?.changes) };
    } catch (error) {
      await unlock();
      return refuse(path, "read", error);
    }
  }

  private constructor(
    path: string,
    every: number,
    state: State,
    unlock: () => Promise<void>,
    written: number | undefined,
  ) {
    this.#path = path;
    this.#state = state;
    this.#unlock = unlock;
    this.#written = written;
    if (every > 0) this.#timer = setInterval(() => this.#writeMeanwhile(), every).unref();
  }

  /** Writes what has changed and gives the file up. If that fails it rejects, keeps everything, and can be called again. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await this.#write().catch((error: unknown) => refuse(this.#path, "write", error));
    await this.#unlock();
  }

  /** A failure must not end the process: the snapshot before stays, it is tried again, and `close` will tell. */
  #writeMeanwhile(): void {
    this.#writing ??= this.#write()
      .then(
        () => void (this.#isFailing = false),
        (error: unknown) => this.#warn(error),
      )
      .finally(() => void (this.#writing = undefined));
  }

  async #write(): Promise<void> {
    const { changes } = this.#state;
    if (changes === this.#written) return;
    await replaceFile(this.#path, linesOf(this.#state));
    this.#written = changes;
  }

  /** Once, until a snapshot succeeds again. */
  #warn(error: unknown): void {
    if (!this.#isFailing) process.emitWarning(describe(this.#path, "write", error), { code: "ANYQUEUE_SNAPSHOT" });
    this.#isFailing = true;
  }
}

async function load(path: string): Promise<State | undefined> {
  try {
    return await stateOf(readLines(path), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return undefined;
    throw error;
  }
}

function refuse(path: string, verb: string, error: unknown): never {
  if (isQueueError(error)) throw error;
  throw new QueueError("UNAVAILABLE", describe(path, verb, error), { cause: error });
}

function describe(path: string, verb: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return (
    `Cannot ${verb} the snapshot "${path}": ${reason}. ` +
    "Check that its folder exists, that this process may read and write there, and that the disk has space."
  );
}
