import type { Hint, Job, JobEvent, LaneSettings } from "@anyqueue/api";

/** A job with its places in the orders. */
export interface Row {
  job: Job;
  inserted: number;
  touched: number;
  finished: number;
}

/** Everything that a naive store knows; a transaction works on a copy of it. */
export interface World {
  rows: Map<string, Row>;
  lanes: Map<string, LaneSettings>;
  log: { place: number; event: JobEvent }[];
  /** Numbers that are given once: places, touches and tokens alike. */
  last: number;
  turn: number;
}

/** A naive store's own transaction. */
export interface Transaction {
  readonly world: World;
  readonly hints: Hint[];
}

export function emptyWorld(): World {
  return { rows: new Map(), lanes: new Map(), log: [], last: 0, turn: 0 };
}

export function next(world: World): number {
  world.last += 1;
  return world.last;
}
