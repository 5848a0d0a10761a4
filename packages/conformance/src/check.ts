import assert from "node:assert/strict";
import type { Job } from "@anyqueue/api";
import { instant } from "./history/call.ts";

/** Fails with `broken`, which says how the promise is broken, and the difference. */
export function same(actual: unknown, expected: unknown, broken: string): void {
  try {
    assert.deepEqual(actual, expected);
  } catch (error) {
    const difference = error instanceof Error ? error.message : String(error);
    // Of an operator that it knows, Node.js would write the difference once more.
    throw failure({ message: `${broken}\n${difference}`, actual, expected, operator: "same" });
  }
}

/** Fails with `broken` unless the condition holds. */
export function holds(condition: boolean, broken: string): asserts condition {
  if (!condition) throw failure({ message: broken, operator: "holds" });
}

/** Compares jobs with the ids they should have, in order. */
export function sameIds(jobs: readonly Job[], expected: readonly string[], broken: string): void {
  same(idsOf(jobs), expected, broken);
}

/** Compares jobs with the ids they should have, in any order. */
export function sameSet(jobs: readonly Job[], expected: readonly string[], broken: string): void {
  same(idsOf(jobs).sort(), [...expected].sort(), broken);
}

/** Compares the status of an outcome. */
export function status(outcome: { readonly status: string }, expected: string, broken: string): void {
  same(outcome.status, expected, `${broken} (the answer was ${JSON.stringify(outcome)})`);
}

/** The ids of jobs, in order. */
export function idsOf(jobs: readonly Job[]): string[] {
  return jobs.map((job) => job.id);
}

/** The value, which the contract says is there. */
export function present<T>(value: T | null | undefined, broken: string): T {
  holds(value !== null && value !== undefined, broken);
  return value;
}

const moments = new WeakMap<Error, number>();

/** When a check failed, by the clock of histories. What a random case tried after that has nothing to do with it. */
export function failedAt(error: Error): number | undefined {
  return moments.get(error);
}

function failure(options: ConstructorParameters<typeof assert.AssertionError>[0]): Error {
  const error = new assert.AssertionError(options);
  moments.set(error, instant());
  return error;
}
