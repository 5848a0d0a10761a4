import type { Queue, Worker } from "@anyqueue/api";
import type { jobs } from "./file-job.ts";
import { hire } from "./hire.ts";
import type { Task } from "./messages.ts";
import type { Staff } from "./staff.ts";

/** Workers inside this process, for stores that no other process can reach. Nobody can be killed here. */
export class LocalStaff implements Staff {
  readonly #queue: Queue<typeof jobs>;
  readonly #size: number;
  readonly #workers: Worker[] = [];
  done = 0;
  failure: Error | undefined;
  readonly kills = 0;

  constructor(queue: Queue<typeof jobs>, size: number) {
    this.#queue = queue;
    this.#size = size;
  }

  assemble(): void {
    // They start at once.
  }

  start({ lane, dir }: Task): void {
    for (let i = 1; i <= this.#size; i++) {
      const onDone = (): void => void this.done++;
      const onError = (error: unknown): void => void (this.failure ??= error as Error);
      this.#workers.push(hire(this.#queue, { lane, dir, holder: `demo worker ${i}`, onDone, onError }));
    }
  }

  killAny(): boolean {
    // That would be the demo itself.
    return false;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  async disband(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop({ grace: 0 })));
  }
}
