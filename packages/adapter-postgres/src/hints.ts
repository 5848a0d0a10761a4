import { laneOf } from "@anyqueue/api";

/** Gathers what a call may have woken, each lane once, to be told after the commit (P24). */
export class Hints {
  /** Lanes in which jobs may be due now or later. */
  readonly lanes = new Set<string>();
  /** Lanes in which jobs have ended. */
  readonly finished = new Set<string>();

  lane(lane: string): void {
    this.lanes.add(lane);
  }

  job(id: string): void {
    this.finished.add(laneOf(id));
  }
}
