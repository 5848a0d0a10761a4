import type { Job } from "anyqueue";

/** A job, and what is kept beside it. */
export interface Entry {
  job: Job;
  /** Its place in the order of insertion. */
  seq: number;
  /** Its place in the order of changes. */
  touched: number;
  /** Under an ordering key: it may run before the others (P18). */
  hasTurn: boolean;
  /** What it still waits for while it is blocked (P20). */
  missing: Set<string>;
}

/** The place in the order "inserted". */
export function insertedPlace({ seq }: Entry): number[] {
  return [seq];
}

/** The place in the order "touched". */
export function touchedPlace({ touched }: Entry): number[] {
  return [touched];
}

/** The place in the order in which jobs are polled (P7). */
export function pollPlace({ job, seq }: Entry): number[] {
  return [job.priority, job.runAt, seq];
}

/** The place in the order "finished". */
export function finishedPlace({ job, seq }: Entry): number[] {
  return [job.finishedAt ?? 0, seq];
}

/** Sorts by the places that entries have in an order. */
export function byKeys(keysOf: (entry: Entry) => readonly number[]): (a: Entry, b: Entry) => number {
  return (a, b) => compare(keysOf(a), keysOf(b));
}

/** Compares two places, the first number that differs deciding. */
export function compare(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((value, place) => value !== b[place]);
  return i < 0 ? 0 : (a[i] ?? 0) - (b[i] ?? 0);
}

/** The state as lists and counts show it. */
export function shown({ state, runAt }: Job, now: number): string {
  return state === "waiting" && runAt > now ? "delayed" : state;
}
