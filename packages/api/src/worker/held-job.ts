import type { Job } from "../contract/job.ts";

/** Why a handler was told to stop; it is the `reason` of its signal. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly code: "CANCELLED" | "LEASE_LOST" | "TIMEOUT" | "STOPPING";

  constructor(code: Interruption["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** A job in a worker's hands, from the poll that leased it until it is settled. */
export class HeldJob {
  /** When it came into the worker's hands, by the monotonic clock. */
  readonly since: number;
  job: Job;
  /** The lease lives at least until then, by the monotonic clock of this process. */
  deadline: number;
  interruption: Interruption | undefined;
  /** How long the handler may take to return after the interruption, if not as long as usual, in milliseconds. */
  graceMs: number | undefined;
  /** What ends the wait for the handler: its timeout, or its grace. */
  timer: NodeJS.Timeout | undefined;
  /** Told once of an interruption. */
  onInterrupt: ((reason: Interruption) => void) | undefined;
  /** Kept by `HeldJobs`. */
  placeInHeart = -1;
  /** Kept by `HeldJobs`. */
  placeInHands = -1;
  // Made when a handler first asks for it; most never do.
  #controller: AbortController | undefined;

  constructor(job: Job, since: number, deadline: number) {
    this.job = job;
    this.since = since;
    this.deadline = deadline;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.interruption) this.#controller.abort(this.interruption);
    }
    return this.#controller.signal;
  }

  /** Tells the handler to stop. The first reason counts. */
  interrupt(code: Interruption["code"], message: string): void {
    if (this.interruption) return;
    this.interruption = new Interruption(code, message);
    this.#controller?.abort(this.interruption);
    this.onInterrupt?.(this.interruption);
  }

  requestCancel(): void {
    this.job = { ...this.job, cancelRequested: true };
    this.interrupt("CANCELLED", `Job ${this.job.id} was asked to stop.`);
  }
}
