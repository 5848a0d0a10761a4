import { machineTime } from "../processes/messages.ts";
import { perSecond } from "../statistics.ts";
import { CLAIMED } from "../subjects/claim-loop.ts";
import { InvalidRun } from "../tally.ts";

/**
 * How many jobs go before so many that are timed: a tenth, in whole claims of whoever claims most, so that the clock
 * starts between two claims and not within one.
 */
export function warmUpOf(jobs: number): number {
  return Math.min(jobs, CLAIMED * Math.ceil(jobs / 10 / CLAIMED));
}

/**
 * The rate at which jobs start, from the start of the last warm-up job to that of the last job. So it is nobody's how long
 * workers and their connections take to begin and to end.
 */
export class Pace {
  readonly #warmUp: number;
  readonly #jobs: number;
  #count = 0;
  #from = Number.NaN;
  #to = Number.NaN;

  constructor(jobs: number, warmUp = warmUpOf(jobs)) {
    this.#jobs = jobs;
    this.#warmUp = warmUp;
  }

  /** The jobs of the warm-up and those that are timed. */
  get total(): number {
    return this.#warmUp + this.#jobs;
  }

  /** A job has begun. Only two of them are worth a look at the clock. */
  began(clock: () => number = machineTime): void {
    this.#count++;
    if (this.#count === this.#warmUp) this.#from = clock();
    else if (this.#count === this.total) this.#to = clock();
  }

  /** Jobs per second. @throws InvalidRun if not all have begun. */
  rate(): number {
    if (this.#count < this.total) throw new InvalidRun(`no more than ${this.#count} of ${this.total} jobs ran`);
    return perSecond(this.#jobs, this.#to - this.#from);
  }
}
