import { countOf, withThousands } from "../output/table.ts";

/** How a worker's attempts ended. */
export interface Tally {
  completed: number;
  /** Failed attempts, also those that are tried again. */
  failed: number;
  /** Jobs that failed for good. */
  exhausted: number;
  cancelled: number;
  /** Jobs that somebody else had by the time they were done. */
  lost: number;
}

/** Nothing yet. */
export function emptyTally(): Tally {
  return { completed: 0, failed: 0, exhausted: 0, cancelled: 0, lost: 0 };
}

/** Adds one tally to another. */
export function addTally(sum: Tally, more: Tally): void {
  for (const field of Object.keys(sum) as (keyof Tally)[]) sum[field] += more[field];
}

/** A tally as a sentence. */
export function describeTally({ completed, failed, exhausted, cancelled, lost }: Tally): string {
  const parts = [`${withThousands(completed)} completed`];
  if (failed > 0) parts.push(`${countOf(failed, "failed attempt")} (${withThousands(exhausted)} for good)`);
  if (cancelled > 0) parts.push(`${withThousands(cancelled)} cancelled`);
  if (lost > 0) parts.push(`${withThousands(lost)} lost to another worker`);
  return `${parts.join(", ")}.`;
}
