import { machineTime, type Moments } from "./messages.ts";

/** Notes when jobs began and were finished, and hands it on every so many milliseconds; at once if that is 0. */
export class MomentLog {
  readonly #everyMs: number;
  readonly #handOn: (begun: Moments, finished: Moments) => void;
  #begun: { jobs: number[]; at: number[] } = { jobs: [], at: [] };
  #finished: { jobs: number[]; at: number[] } = { jobs: [], at: [] };
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number, handOn: (begun: Moments, finished: Moments) => void) {
    this.#everyMs = everyMs;
    this.#handOn = handOn;
  }

  begun(job: number): void {
    this.#note(this.#begun, job);
  }

  finished(job: number): void {
    this.#note(this.#finished, job);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [begun, finished] = [this.#begun, this.#finished];
    if (begun.jobs.length + finished.jobs.length === 0) return;
    this.#begun = { jobs: [], at: [] };
    this.#finished = { jobs: [], at: [] };
    this.#handOn(begun, finished);
  }

  #note(moments: { jobs: number[]; at: number[] }, job: number): void {
    moments.jobs.push(job);
    moments.at.push(machineTime());
    if (this.#everyMs === 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#everyMs);
  }
}
