import { type Bucket, type Hint, isTerminal, type Job, type JobEvent, type LaneSettings } from "@anyqueue/api";

/** A job with its places in the orders. */
export interface Row {
  job: Job;
  inserted: number;
  touched: number;
  finished: number;
  /** Under an ordering key: whether it is its turn (P18). */
  hasTurn: boolean;
  /** The jobs it depends on that it need not wait for any more (P20). */
  readonly satisfied: Set<string>;
}

/** Everything that a naive store knows; a transaction works on a copy of it. */
export interface World {
  rows: Map<string, Row>;
  lanes: Map<string, LaneSettings>;
  /** Who depends on a job, by its id. */
  dependents: Map<string, Set<string>>;
  /** What is left of the rate of each lane that has one. */
  buckets: Map<string, Bucket>;
  log: { place: number; event: JobEvent }[];
  /** Numbers that are given once: places, touches and tokens alike. */
  last: number;
  turn: number;
}

/** A naive store's own transaction. */
export interface Transaction {
  world: World;
  readonly hints: Hint[];
}

export function emptyWorld(): World {
  return { rows: new Map(), lanes: new Map(), dependents: new Map(), buckets: new Map(), log: [], last: 0, turn: 0 };
}

export function next(world: World): number {
  world.last += 1;
  return world.last;
}

export function record(world: World, event: JobEvent): void {
  world.log.push({ place: next(world), event: structuredClone(event) });
}

/** Forgets a job and its log. */
export function drop(world: World, id: string): boolean {
  world.log = world.log.filter(({ event }) => event.id !== id);
  return world.rows.delete(id);
}

export function settingsOf(world: World, lane: string): LaneSettings {
  return world.lanes.get(lane) ?? {};
}

/** The jobs of a lane, in no particular order. */
export function rowsOf(world: World, lane: string): Row[] {
  return [...world.rows.values()].filter((row) => row.job.lane === lane);
}

/** How many leases of a lane are open, ended ones and those of rescuers among them (P19). */
export function openLeases(world: World, lane: string): number {
  return rowsOf(world, lane).filter(({ job }) => job.lease !== undefined).length;
}

/** The jobs on which unfinished ones depend, which may still want to read their results (P20). */
export function sparedIds(world: World): ReadonlySet<string> {
  const unfinished = [...world.rows.values()].filter(({ job }) => !isTerminal(job.state));
  return new Set(unfinished.flatMap(({ job }) => job.dependsOn ?? []));
}
